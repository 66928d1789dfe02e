"""The lock of a run folder: one process writes to it at a time."""

import contextlib
import os
from pathlib import Path

import filelock

from bit_keras.errors import InputError


@contextlib.contextmanager
def locked(folder):
    """Keeps every other process from writing to a folder as long as the context lasts.

    The system frees the lock however the process ends.

    Args:
        folder: path, made if need be.

    Raises:
        InputError: if another process has the lock, or the folder cannot be written.
    """
    lock = filelock.FileLock(Path(folder) / ".lock", timeout=0)
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except filelock.Timeout:
        raise InputError(
            f"Another run is writing to '{folder}' right now; wait for it or choose "
            "another folder."
        ) from None
    except OSError as error:
        raise InputError(
            f"The output folder '{folder}' cannot be written: {error.strerror}."
        ) from None
    with contextlib.ExitStack() as stack:
        stack.callback(lock.release)
        yield


@contextlib.contextmanager
def run_folder_locked(path):
    """Locks the run folder that a path is in; nothing to do where it is in none.

    Raises:
        InputError: as `locked`.
    """
    whole = Path(path).absolute()
    # `os.path.isfile`, unlike `Path.is_file`, bears names too long.
    runs = (p for p in (whole, *whole.parents) if os.path.isfile(p / "run.json"))
    run = next(runs, None)
    with contextlib.nullcontext() if run is None else locked(run):
        yield
