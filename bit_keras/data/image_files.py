"""Lists of image files become a data set: what can be read, with numbers for labels."""

from pathlib import Path

import numpy as np

from bit_keras import program
from bit_keras.data.check import check_images
from bit_keras.data.examples import FileExamples
from bit_keras.data.image_data import ImageData, median_size
from bit_keras.data.paths import root_of
from bit_keras.errors import InputError
from bit_keras.files import cache_folder


def checked(name, source, rows, class_names, bad_images, multi_label=False):
    """Checks every file, and makes a data set of those that can be read.

    Args:
        name: of the data set.
        source: path of the folder or CSV that the user named.
        rows: split -> list of (path, tuple of labels).
        class_names: in label order; None if there are no labels.
        bad_images: "skip" leaves files out that cannot be read, "fail" stops.
        multi_label: an image has several labels, or none, instead of one.

    Returns:
        `ImageData`.

    Raises:
        InputError: if a split, or a class of it, has no file that can be read, or with
            "fail" if one cannot.
    """
    folder = source if Path(source).is_dir() else Path(source).parent
    root = root_of(folder, [path for files in rows.values() for path, _ in files])
    parts, bad, sizes = {}, [], []
    for split, files in rows.items():
        good, unreadable = _sorted_out(files)
        bad.extend(unreadable)
        _require_some(source, split, files, good)
        labels = [labels for _, labels in good]
        parts[split] = FileExamples(
            tuple(str(verdict.path) for verdict, _ in good),
            _as_numbers(labels, class_names, multi_label),
            root=root,
            looks=np.array([verdict.look for verdict, _ in good]),
        )
        sizes.extend((verdict.height, verdict.width) for verdict, _ in good)
    if bad and bad_images == "fail":
        raise InputError(
            f"{len(bad)} of the images of '{source}' cannot be read, the first is "
            f"'{bad[0].path}': {bad[0].reason}. Leave out --bad-images fail to train "
            "without them."
        )
    return ImageData(
        name=name,
        class_names=tuple(class_names or ()),
        parts=parts,
        image_size=median_size(*zip(*sizes, strict=True)),
        bad=tuple(bad),
    )


def _sorted_out(files):
    """Gives (`Verdict`, labels) of the files that can be read, and the others."""
    paths = [path for path, _ in files]
    verdicts = check_images(paths, cache=cache_folder() / "verdicts.json")
    good = [
        (verdict, labels)
        for verdict, (_, labels) in zip(verdicts, files, strict=True)
        if verdict.good
    ]
    return good, [verdict for verdict in verdicts if not verdict.good]


def _require_some(source, split, files, good):
    lost = labels_of(files) - labels_of(good)
    if lost:
        raise InputError(
            f"None of the images of {quoted(lost)} in the {split} part of '{source}' "
            f"can be read; `{program.command()} check-data` says why."
        )
    if not good:
        raise InputError(
            f"None of the images in the {split} part of '{source}' can be read; "
            f"`{program.command()} check-data` says why."
        )


def _as_numbers(labels, class_names, multi_label):
    """Gives class numbers (examples,), or 0 and 1 (examples, classes), or None."""
    if class_names is None:
        return None
    numbers = {name: number for number, name in enumerate(class_names)}
    if not multi_label:
        return np.array([numbers[label] for (label,) in labels], "int64")
    table = np.zeros((len(labels), len(class_names)), "int8")
    for row, own in zip(table, labels, strict=True):
        row[[numbers[label] for label in own]] = 1
    return table


def require_same_classes(source, class_names, split, rows):
    """Raises `InputError` where the rows of a split have other classes than train."""
    found = labels_of(rows)
    if found == set(class_names):
        return
    raise InputError(
        f"The classes of '{source}' differ between train and {split}: only in train: "
        f"{quoted(set(class_names) - found)}; only in {split}: "
        f"{quoted(found - set(class_names))}."
    )


def labels_of(rows):
    """Gives the set of all labels in rows of (path, labels)."""
    return {label for _, labels in rows for label in labels}


def quoted(names):
    """Lists the first ten names for a message."""
    return ", ".join(f"'{name}'" for name in sorted(names)[:10]) or "none"
