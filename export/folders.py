"""Folders that are written whole or not at all."""

import contextlib
from pathlib import Path

import tensorflow as tf

from bit_keras.errors import InputError
from bit_keras.files import replacing


@contextlib.contextmanager
def new_folder(folder):
    """Gives a temporary path that becomes `folder` when the context ends well.

    Raises:
        InputError: if something is there already, or it cannot be written.
    """
    folder = Path(folder)
    if folder.exists():
        raise InputError(f"'{folder}' is there already; name a new folder after --to.")
    try:
        with replacing(folder) as partial:
            yield partial
    except tf.errors.OpError as error:
        raise InputError(f"'{folder}' cannot be written: {error.message}.") from error
