"""Folders that are written whole or not at all."""

import contextlib
import os
import shutil
from pathlib import Path

import tensorflow as tf

from bit_keras.errors import InputError


@contextlib.contextmanager
def new_folder(folder):
    """Gives a temporary path that becomes `folder` when the context ends well.

    Raises:
        InputError: if something is there already, or it cannot be written.
    """
    folder = Path(folder)
    if folder.exists():
        raise InputError(f"'{folder}' is there already; name a new folder after --to.")
    partial = folder.with_name(f".part-{os.getpid()}-{folder.name}")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        yield partial
        os.replace(partial, folder)
    except (OSError, tf.errors.OpError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"'{folder}' cannot be written: {reason}.") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
