"""Keras as the commands and the training need it: on TensorFlow, whatever is set."""

import os

from bit_keras.errors import InputError

_REMEDY = (
    "set the environment variable KERAS_BACKEND=tensorflow, or correct or remove "
    "keras.json in the folder .keras of your home (or KERAS_HOME)"
)


def require_tensorflow():
    """Raises `InputError` unless Keras runs on TensorFlow, as training needs it.

    Networks, losses and optimizers alone do without.
    """
    # Asked for first, because Keras fails at import where it cannot find its backend.
    asked = os.environ.get("KERAS_BACKEND") or "tensorflow"
    if asked != "tensorflow":
        raise InputError(
            "This needs Keras on TensorFlow; set the environment variable "
            f"KERAS_BACKEND=tensorflow, or remove it. Received: {asked}"
        )
    try:
        import keras
    except (ImportError, ValueError, TypeError, AttributeError, OSError) as error:
        raise InputError(
            f"Keras does not start with its file keras.json ({_first_line(error)}); "
            f"this needs Keras on TensorFlow: {_REMEDY}."
        ) from error
    if keras.backend.backend() != "tensorflow":
        raise InputError(
            f"This needs Keras on TensorFlow: {_REMEDY}. Received: "
            f"{keras.backend.backend()}"
        )


def _first_line(error):
    return str(error).strip().partition("\n")[0]
