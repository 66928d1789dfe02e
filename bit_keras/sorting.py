"""Photographs sorted into one folder per class, without a second copy if possible."""

import collections
import contextlib
import filecmp
import hashlib
import os
import re
import shutil
from pathlib import Path

from bit_keras.errors import InputError
from bit_keras.files import replacing

# What some system forbids in a name, or hides; a "%" only where it would be read as the
# code of a character.
_NOT_IN_NAMES = re.compile(
    r'[\x00-\x1f\x7f<>:"/\\|?*]|%(?=[0-9A-F]{2})|^%$|^[. ]|[. ]$', re.IGNORECASE
)
_DEVICES = re.compile(r"(CON|PRN|AUX|NUL|COM\d|LPT\d)(\.|$)", re.IGNORECASE)
LONGEST_NAME = 200  # bytes; file systems take 255
MARKER = ".sorted-by-bit-keras"  # no data set takes what a folder with it holds
LINKED, COPIED, KEPT = "linked", "copied", "there before"


def require_folder_place(folder):
    """Raises `InputError` where no folder can be: before the work, not after."""
    folder = Path(folder).absolute()
    above = next(p for p in (folder, *folder.parents) if os.path.lexists(p))
    if not above.is_dir():
        raise InputError(
            f"'{above}' is a file, so photographs cannot be sorted into '{folder}'; "
            "name a folder."
        )
    if not os.access(above, os.W_OK | os.X_OK):
        raise InputError(f"Nothing can be written into '{above}'; name another folder.")


def outside(paths, folder):
    """Gives those of the paths that do not lie below a folder.

    Raises:
        InputError: if all do.
    """
    folder = Path(folder).resolve()
    homes = {home: home.resolve() for home in {path.parent for path in paths}}
    kept = [path for path in paths if not homes[path.parent].is_relative_to(folder)]
    if not kept:
        raise InputError(
            f"All of these photographs lie below '{folder}', which is where they are "
            "to be sorted into; name a folder beside them."
        )
    return kept


def sort_photographs(folder, photographs):
    """Puts every photograph into a folder for each of its classes.

    It is a hard link where the file system can, or else a copy; the photograph stays
    where it is. Nothing is overwritten: a file with the same content is left, and
    beside another of the same name it is called `name-2.jpg`. A folder that is new or
    empty gets a `MARKER`.

    Args:
        folder: for the folders; made if need be.
        photographs: iterable of (path, list of class names).

    Returns:
        `collections.Counter` of `LINKED`, `COPIED` and `KEPT`.

    Raises:
        InputError: if a folder or file cannot be written.
    """
    done = collections.Counter()
    for path, names in photographs:
        for name in names:
            home = Path(folder) / folder_name(name)
            try:
                if not done:
                    _begin(Path(folder))
                home.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise InputError(
                    f"The folder '{home}' cannot be made: {error.strerror}; name "
                    "another to sort into."
                ) from error
            done[_place(Path(path), home)] += 1
    return done


def _begin(folder):
    folder.mkdir(parents=True, exist_ok=True)
    # What holds something may be the user's data, to which photographs are added.
    if not any(folder.iterdir()):
        (folder / MARKER).write_text(
            "Photographs were sorted into this folder. Data sets of folders that hold "
            "it pass it over; remove this file where it is to be data.\n"
        )


def folder_name(class_name):
    """Gives a name for a folder of a class, which every system takes; "%" for no name.

    Characters that are not for names stand as in addresses (`a%2Fb`), so that no two
    classes share a folder. The end of a very long name becomes a number.
    """
    name = _NOT_IN_NAMES.sub(lambda found: _code(found[0]), class_name) or "%"
    if _DEVICES.match(name):
        name = _code(name[0]) + name[1:]
    whole = name.encode("utf-8", "surrogateescape")
    if len(whole) <= LONGEST_NAME:
        return name
    start = whole[: LONGEST_NAME - 20].decode("utf-8", "ignore")
    return f"{start}-{hashlib.sha256(whole).hexdigest()[:16]}"


def _code(character):
    return f"%{ord(character):02X}"


def _place(path, home):
    place, number = home / path.name, 1
    while True:
        if not os.path.lexists(place):
            with contextlib.suppress(FileExistsError):  # another was faster
                return _link_or_copy(path, place)
        if _same(path, place):
            return KEPT
        number += 1
        place = home / f"{path.stem}-{number}{path.suffix}"


def _link_or_copy(path, place):
    try:
        # Not of a link itself, which may be relative.
        os.link(path.resolve(), place)
    except FileExistsError:
        raise
    except OSError:
        with replacing(place) as partial:
            shutil.copy2(path, partial)
        return COPIED
    return LINKED


def _same(path, other):
    try:
        return filecmp.cmp(path, other, shallow=False)
    except OSError:  # a folder, or a link to nowhere
        return False
