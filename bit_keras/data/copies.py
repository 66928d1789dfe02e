"""Copies that TensorFlow can decode of photographs that it cannot.

They lie in the cache, known by the contents of what they are copies of, so that each is
converted once. The folder may be removed at any time: what is needed is made anew.

Above a limit, what was not used for longest goes, but nothing that was used since the
process began: of more photographs than there is room for, read again and again, each
would be gone before its turn came.
"""

import contextlib
import hashlib
import os
import shutil
import threading
import time

from bit_keras import files
from bit_keras.data.conversion import kind_of, to_png
from bit_keras.errors import InputError

LIMIT = 20 * 2**30  # bytes that all copies take, about
_STEP = LIMIT // 20  # bytes after which a process looks at the folder again
_PNG_END = b"IEND\xaeB`\x82"

_begin = time.time_ns()
_lock = threading.Lock()
_room = 0  # bytes that this process may add
_before_look = 0  # bytes that may come before it looks


def readable(contents):
    """Gives a file as TensorFlow decodes it.

    Args:
        contents: bytes of a file.

    Returns:
        bytes: `contents`, or a PNG where `conversion.kind_of` knows the kind.

    Raises:
        InputError: as `conversion.to_png`.
    """
    if kind_of(contents) is None:
        return contents
    copy = folder() / f"{hashlib.sha256(contents).hexdigest()}.png"
    with contextlib.suppress(OSError):
        kept = copy.read_bytes()
        if kept.endswith(_PNG_END):  # else the machine stopped while it was written
            with contextlib.suppress(OSError):  # it may be of another user
                os.utime(copy)
            return kept
    png = to_png(contents)
    # Where nothing can be kept, all goes on, only slower.
    with contextlib.suppress(InputError, OSError):
        _keep(copy, png)
    return png


def folder():
    """Gives the path of the folder of all copies."""
    return files.cache_folder() / "converted"


def size():
    """Gives the bytes that all copies take."""
    return sum(length for _, length, _ in _listed())


def _keep(copy, png):
    global _room, _before_look
    copy.parent.mkdir(parents=True, exist_ok=True)
    with _lock:
        if len(png) > _before_look:
            _room, _before_look = _make_room(), _STEP
        _before_look -= len(png)
        if len(png) > _room:
            return
        _room -= len(png)
    files.write(copy, png)


def _make_room():
    """Removes copies above the limit; gives the bytes that may be added."""
    listed = sorted(_listed())
    taken = sum(length for _, length, _ in listed)
    free = shutil.disk_usage(folder()).free
    # Never more than half of a disk that has little left.
    limit = min(LIMIT, taken + free // 2)
    step = min(_STEP, limit)
    for used, length, path in listed:
        if taken <= limit - step or used >= _begin:
            break
        with contextlib.suppress(OSError):
            path.unlink()
            taken -= length
    return max(min(step, limit - taken), 0)


def _listed():
    """Yields (time, bytes, path) of every copy, also of one half written."""
    with contextlib.suppress(OSError):
        for path in folder().iterdir():
            with contextlib.suppress(OSError):  # removed by another process
                stat = path.stat()
                yield stat.st_mtime_ns, stat.st_size, path
