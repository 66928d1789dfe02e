"""Groups that the user knows of: frames of a film, shots of one animal, of one day."""

import dataclasses
import re

import numpy as np

from bit_keras.data.examples import FileExamples
from bit_keras.data.paths import path_below
from bit_keras.errors import InputError


def compiled(pattern):
    """Gives the regular expression of --group-from.

    Raises:
        InputError: if it is none.
    """
    try:
        return re.compile(pattern)
    except re.error as error:
        raise InputError(
            "--group-from takes a regular expression, such as '(burst\\d+)'. "
            f"Received: '{pattern}' ({error})"
        ) from None


def grouped(data, group_of):
    """Gives image files the groups that they are said to be of.

    Args:
        data: `ImageData` of files.
        group_of: function from a path to the name of a group, "" of none.

    Returns:
        `ImageData`; what is of no group has one for itself. A note tells how many
        images of other parts are of a group that is in training, too.
    """
    parts, notes, learned = {}, data.notes, set()
    if "train" in data.parts:
        learned = {*map(group_of, data.parts["train"].paths)} - {""}
    for split, part in data.parts.items():
        names = [group_of(path) for path in part.paths]
        keys = [f"={name}" if name else f"{n}" for n, name in enumerate(names)]
        _, numbers = np.unique(keys, return_inverse=True)
        parts[split] = dataclasses.replace(part, groups=numbers)
        torn = sum(name in learned for name in names)
        if torn and split != "train":
            notes += (
                f"The given split tears groups: {torn:,} of {part.count:,} {split} "
                "images belong to images in training.",
            )
    return dataclasses.replace(data, parts=parts, notes=notes)


def grouped_by_path(data, pattern):
    """Groups image files by what a pattern finds in their paths below the data set.

    Args:
        data: `ImageData`.
        pattern: compiled; a group is what its first group holds, or all that it finds.

    Returns:
        `ImageData` with a note on the images that it is not found in.

    Raises:
        InputError: if the images are no files, have groups already, or none matches.
    """
    parts = data.parts.values()
    if not all(isinstance(part, FileExamples) for part in parts):
        raise InputError(
            f"--group-from finds groups in the paths of files, and the images of "
            f"{data.name} have none; leave it out."
        )
    if any(part.groups is not None for part in parts):
        raise InputError(
            f"The groups of {data.name} are given in its column 'group'; leave out "
            "--group-from, or the column."
        )
    roots = {path: part.root for part in parts for path in part.paths}
    names = {path: _found(pattern, path, root) for path, root in roots.items()}
    alone = [path for path, name in names.items() if not name]
    if len(alone) == len(names):
        shown = path_below(alone[0], roots[alone[0]])
        raise InputError(
            f"--group-from '{pattern.pattern}' is found in none of the paths of "
            f"{data.name}, such as '{shown}'; give one that is."
        )
    data = grouped(data, names.get)
    if not alone:
        return data
    note = (
        f"--group-from is not found in the paths of {len(alone):,} of "
        f"{len(names):,} images, which stand alone, such as '{alone[0]}'."
    )
    return dataclasses.replace(data, notes=(*data.notes, note))


def _found(pattern, path, root):
    match = pattern.search(path_below(path, root))
    if match is None:
        return ""
    return match[1 if pattern.groups else 0] or ""
