"""What training prints: the data, the recipe, the result, and what went wrong."""

import contextlib
import re

import tensorflow as tf

from bit_keras import program
from bit_keras.errors import InputError
from bit_keras.evaluation.figures import headline

SHOWN_BAD_IMAGES = 20
WIDEST_VALUE = 60


def tell_data(data):
    """Prints what was found, and the files that are left out."""
    print(data.summary())
    for note in data.notes:
        print(note)
    if data.bad:
        print(f"Left out, because they cannot be read ({len(data.bad)}):")
    for verdict in data.bad[:SHOWN_BAD_IMAGES]:
        print(f"  {verdict.path}: {verdict.reason}")
    if len(data.bad) > SHOWN_BAD_IMAGES:
        print(f"  and {len(data.bad) - SHOWN_BAD_IMAGES} more, all in bad_images.csv")


@contextlib.contextmanager
def readable_errors():
    """Turns TensorFlow's errors of lost files and lacking memory into `InputError`."""
    try:
        yield
    except tf.errors.ResourceExhaustedError:
        raise InputError(
            "The memory does not suffice; --micro-batch auto finds how many images fit "
            "at a time, --remat makes more fit, and --set crop= takes smaller images; "
            "with one of them a run needs another --output."
        ) from None
    except (tf.errors.UnavailableError, tf.errors.AbortedError) as error:
        raise InputError(
            "Another worker of this run was lost; start all of them again with the "
            "same command, and the run goes on."
        ) from error
    except (tf.errors.NotFoundError, tf.errors.InvalidArgumentError) as error:
        lines = [line for line in str(error.message).splitlines() if line.strip()]
        if not any("input pipeline" in line or "Iterator" in line for line in lines):
            raise
        # The reason stands before the lines that say where in the graph it arose.
        told = [line for line in lines if not line.lstrip().startswith("[[")]
        reason = re.sub(r"^{{.*?}} ", "", told[-1])
        raise InputError(
            "An image could not be read any more, though it was good when checked "
            f"({reason[:200]}); `check-data` finds it."
        ) from error


def tell_recipe(rule, recipe, notes):
    """Prints every hyper-parameter, and what the rule has where that differs."""
    for note in notes:
        print(note)
    print("Recipe:")
    rules = rule.as_texts()
    for name, text in recipe.as_texts().items():
        differs = f"   (rule: {rules[name] or 'none'})" if text != rules[name] else ""
        shown = text if len(text) <= WIDEST_VALUE else text[: WIDEST_VALUE - 1] + "…"
        print(f"  {name:18} {shown}{differs}")


def tell_result(output, summary, minutes, chosen=""):
    """Prints the figures, what they are of, and the commands that go on from here."""
    top5 = f", top-5 {summary['top5']:.2%}" if "top5" in summary else ""
    name, value = headline(summary)
    if name == "top-1 accuracy":
        name = "accuracy"
    print(
        f"\nTest {name}: {value:.2%}{top5} "
        f"({summary['examples']:,} images; {minutes:.1f} minutes of training)"
    )
    if chosen:
        print(f"Evaluated and saved: {chosen}")
    command = program.command()
    print(
        f"Run folder: {output} (look at report.html)\n\n"
        "Next:\n"
        f"  {command} evaluate --run {output}\n"
        f"  {command} predict --run {output} PHOTOS\n"
        f"  {command} embed --run {output} PHOTOS"
    )
