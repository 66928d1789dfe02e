"""Images that a data set has more than once, and not alike."""

import collections
import os

from bit_keras.data.contents import file_hashes
from bit_keras.data.image_files import labels_of, quoted


def contradictions(source, rows):
    """Gives sentences on images in several splits, and on labels that contradict.

    An image is known again by its contents, so also by a link or as a copy.

    Args:
        source: path of the folder or CSV that the user named.
        rows: split -> list of (path, tuple of labels).

    Yields:
        str.
    """
    images = _repeated(rows)
    for what, place in (("split", 1), ("label", 2)):
        several = [uses for uses in images if len({use[place] for use in uses}) > 1]
        if several:
            yield _sentence(source, several, what, place)
    alike = collections.defaultdict(set)
    for name in labels_of(row for files in rows.values() for row in files):
        alike[name.casefold()].add(name)
    if several := [names for names in alike.values() if len(names) > 1]:
        yield (
            f"Labels of '{source}' that differ in upper and lower case alone are "
            f"different classes: {quoted(set.union(*several))}."
        )


def _repeated(rows):
    """Lists [(path, split, labels), …] of each image that is used in several ways."""
    sizes = collections.defaultdict(list)
    for split, files in rows.items():
        for path, labels in files:
            sizes[_size(path)].append((path, split, labels))
    sizes.pop(0, None)
    # Only what is of the same size can be the same: little is left to be read.
    unsure = [use for uses in sizes.values() if _ways(uses) > 1 for use in uses]
    images = collections.defaultdict(list)
    hashes = file_hashes([path for path, _, _ in unsure])
    for content, use in zip(hashes, unsure, strict=True):
        if content:
            images[content].append(use)
    return [uses for uses in images.values() if _ways(uses) > 1]


def _size(path):
    try:
        return os.path.getsize(path)
    except OSError:  # it is told where images are checked
        return 0


def _ways(uses):
    return len({(split, labels) for _, split, labels in uses})


def _sentence(source, several, what, place):
    first = {}
    for use in several[0]:
        first.setdefault(use[place], os.path.normpath(use[0]))
    path, *others = dict.fromkeys(first.values())
    same = f" (the same image as '{others[0]}')" if others else ""
    found = [value if what == "split" else ";".join(value) for value in first]
    return (
        f"{len(several):,} of the files of '{source}' have more than one {what}, such "
        f"as '{path}'{same}: {quoted(found)}."
    )
