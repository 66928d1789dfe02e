"""Puts photographs into a folder per class, without a change to where they are."""

import filecmp
import os
import re
import shutil
from pathlib import Path

from bit_keras import files
from bit_keras.commands.shared import make_folder
from bit_keras.errors import InputError

# What some system takes for more than a part of a name; "%" keeps names apart.
UNFIT = re.compile(r'[%<>:"/\\|?*\x00-\x1f]|[. ]$')


def outside(paths, folder):
    """Gives the paths that do not lie in a folder: what was sorted is not sorted again.

    Args:
        paths: list of `Path`.
        folder: as typed; it need not exist.

    Raises:
        InputError: if all lie in it, or it is a file.
    """
    place = Path(folder).resolve()
    if place.exists() and not place.is_dir():
        raise InputError(f"'{folder}' is a file; name a folder to sort into.")
    others = [path for path in paths if place not in path.resolve().parents]
    if not others:
        raise InputError(f"All of these photographs lie in '{folder}' already.")
    return others


def sort_into(folder, rows):
    """Links each photograph into the folders of its classes; copies where none can be.

    Nothing is moved or overwritten: a file that is there with the same contents stays,
    and beside another of the same name the new one becomes name-2.jpg.

    Args:
        folder: made if need be; class names that are no names of folders are written
            with %2F and the like.
        rows: list of (path, list of class names).

    Returns:
        (new, there): how many files were made, and how many were there already.

    Raises:
        InputError: if one cannot be written.
    """
    new = there = 0
    for path, names in rows:
        for name in names:
            target = make_folder(Path(folder) / _folder_name(name))
            if _put(path.resolve(), target / path.name):
                new += 1
            else:
                there += 1
    return new, there


def _folder_name(name):
    return UNFIT.sub(lambda unfit: f"%{ord(unfit[0]):02X}", name) or "%"


def _put(path, wanted):
    """Says whether a file was made."""
    place, number = wanted, 1
    while os.path.lexists(place):
        if place.is_file() and filecmp.cmp(path, place, shallow=False):
            return False
        number += 1
        place = wanted.with_name(f"{wanted.stem}-{number}{wanted.suffix}")
    _link(path, place)
    return True


def _link(path, place):
    try:
        os.link(path, place)
    except OSError:  # another disk, or one without links
        with files.replacing(place) as partial:
            shutil.copy2(path, partial)
