"""Files that are written whole or not at all, and the folder of what is kept."""

import contextlib
import json
import os
import shutil
import sys
import threading
from pathlib import Path

from bit_keras.errors import InputError

PARTIAL = ".part-"  # what names of unfinished files begin with


@contextlib.contextmanager
def replacing(path):
    """Gives a temporary path that takes the place of `path` when the context ends well.

    Its folder is made if need be. It may itself become a folder, if none is there yet.

    Raises:
        InputError: if the file cannot be written.
    """
    path = Path(path)
    # The suffix stays last, because some writers go by it.
    writer = f"{os.getpid()}-{threading.get_ident()}"
    partial = path.with_name(f"{PARTIAL}{writer}-{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield partial
        os.replace(partial, path)
    except OSError as error:
        raise InputError(
            f"'{path}' cannot be written: {error.strerror or error}."
        ) from error
    finally:
        _remove(partial)


def remove_parts(folder):
    """Removes what killed processes were writing below a folder: files and folders."""
    for partial in list(Path(folder).rglob(f"{PARTIAL}*")):
        _remove(partial)


def _remove(path):
    with contextlib.suppress(OSError):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def write(path, content):
    """Writes a text, bytes, or anything JSON can hold.

    Raises:
        InputError: if the file cannot be written.
    """
    if not isinstance(content, str | bytes):
        content = json.dumps(content, indent=2, ensure_ascii=False)
    if isinstance(content, str):
        # File names need not be UTF-8; they keep their bytes.
        content = content.encode("utf-8", "surrogateescape")
    with replacing(path) as partial:
        partial.write_bytes(content)


def require_regular(path):
    """Raises `InputError` for a folder, pipe or device, of which some never end."""
    if Path(path).is_dir():
        raise InputError(f"'{path}' is a folder; name a file in it.")
    if not Path(path).is_file():
        raise InputError(
            f"'{path}' is a pipe or a device, not a file; save what comes from it "
            "as a file, and name that."
        )


def cache_folder():
    """Gives the folder for downloads and what is remembered.

    The variable `BIT_KERAS_HOME` names another one.
    """
    if chosen := os.environ.get("BIT_KERAS_HOME"):
        return Path(chosen).expanduser()
    home = Path.home()
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "bit_keras"
    if sys.platform == "win32":
        folder = os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local"
    else:
        folder = os.environ.get("XDG_CACHE_HOME") or home / ".cache"
    return Path(folder) / "bit_keras"
