"""TensorFlow's errors, told in the words of somebody who trains."""

import contextlib
import re

import tensorflow as tf

from bit_keras import program
from bit_keras.errors import InputError


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
        reason = re.sub(r"^({{.*?}} )?(.* iterator: Iterator::\S+: )?", "", told[-1])
        raise InputError(
            "An image could not be read any more, though it was good when checked "
            f"({reason[:200]}); `{program.command()} check-data` finds it."
        ) from error
