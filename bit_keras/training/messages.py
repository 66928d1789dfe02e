"""What fine-tuning prints: the data, the recipe, the result, and what went wrong."""

import contextlib
import re

import tensorflow as tf

from bit_keras.errors import InputError

SHOWN_BAD_IMAGES = 20


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
            "The memory does not suffice; try --micro-batch with a smaller number, or "
            "a smaller crop."
        ) from None
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
        print(f"  {name:13} {text}{differs}")


def tell_result(output, summary, minutes):
    """Prints the figures and the commands that go on from here."""
    top5 = f", top-5 {summary['top5']:.2%}" if "top5" in summary else ""
    print(
        f"\nTest accuracy: {summary['top1']:.2%}{top5} "
        f"({summary['examples']:,} images; {minutes:.1f} minutes of training)\n"
        f"Run folder: {output} (look at report.html)\n\n"
        "Next:\n"
        f"  python cli.py evaluate --run {output}\n"
        f"  python cli.py predict --run {output} PHOTOS\n"
        f"  python cli.py embed --run {output} PHOTOS"
    )
