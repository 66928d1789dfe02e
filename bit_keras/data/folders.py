"""Data sets of image files: a folder per class, or a CSV that lists them."""

import csv
import dataclasses

import numpy as np

from bit_keras import program
from bit_keras.data.check import check_images, find_images
from bit_keras.data.examples import FileExamples
from bit_keras.data.sources import ImageData, median_size
from bit_keras.errors import InputError
from bit_keras.weights import cache_folder

# Names of a split's folder, or of a CSV's split, in the order of preference.
SPLITS = {
    "train": ("train", "training"),
    "test": ("test", "testing"),
    "val": ("val", "valid", "validation"),
}


def open_folder(folder, bad_images):
    """Reads a folder of class folders, or of train/ and test/ or val/ with those.

    Raises:
        InputError: if classes are empty, all bad, or differ between the splits.
    """
    split_folders = {
        split: folder / name
        for split, names in SPLITS.items()
        for name in reversed(names)
        if _class_folders(folder / name)  # else it may be a class called "train"
    }
    if "train" not in split_folders:
        split_folders = {"train": folder}
    rows = {split: _class_files(root) for split, root in split_folders.items()}
    class_names = sorted(_labels(rows["train"]))
    for split in rows:
        _require_same_classes(folder, class_names, split, rows[split])
    return _checked(folder.resolve().name, folder, rows, class_names, bad_images)


def _class_folders(root):
    if not root.is_dir():
        return []
    return sorted(p for p in root.iterdir() if p.is_dir() and p.name[0] != ".")


def _class_files(root):
    """Gives (path, (class,)) of every image below the class folders of `root`."""
    class_folders = _class_folders(root)
    if not class_folders:
        loose = len(find_images(root))
        raise InputError(
            f"The folder '{root}' has no sub-folders; images belong into one "
            f"sub-folder per class ({loose} lie there without one)."
        )
    rows = []
    for class_folder in class_folders:
        files = find_images(class_folder)
        if not files:
            raise InputError(
                f"The class folder '{class_folder}' holds no images; remove it or fill "
                "it."
            )
        rows.extend((file, (class_folder.name,)) for file in files)
    return rows


def _require_same_classes(source, class_names, split, rows):
    found = _labels(rows)
    if found == set(class_names):
        return
    raise InputError(
        f"The classes of '{source}' differ between train and {split}: only in train: "
        f"{_names(set(class_names) - found)}; only in {split}: "
        f"{_names(found - set(class_names))}."
    )


def _labels(rows):
    return {label for _, labels in rows for label in labels}


def _names(names):
    return ", ".join(f"'{name}'" for name in sorted(names)[:10]) or "none"


def open_csv(path, bad_images, multi_label=False):
    """Reads a CSV of path,label[,split]; paths are relative to the CSV's folder.

    A first line that names these columns, in any order, is the header. With
    `multi_label` a label is any number of classes with semicolons between them, also
    none, and only those of the training images must be known.

    Raises:
        InputError: with the line number, if a file or a label is missing.
    """
    rows = _csv_rows(path, multi_label)
    if "train" not in rows:
        raise InputError(f"'{path}' lists no training images.")
    class_names = sorted(_labels(rows["train"]))
    for split in rows:
        if multi_label:
            _require_known_classes(path, class_names, split, rows[split])
        else:
            _require_same_classes(path, class_names, split, rows[split])
    data = _checked(path.stem, path, rows, class_names, bad_images, multi_label)
    joined = [name for name in class_names if ";" in name]
    if not joined:
        return data
    note = (
        f"Each label of '{path}' is taken as one class, also '{joined[0]}'; with "
        "--multi-label a semicolon stands between the labels of an image."
    )
    return dataclasses.replace(data, notes=(note,))


def _require_known_classes(path, class_names, split, rows):
    unknown = _labels(rows) - set(class_names)
    if unknown:
        raise InputError(
            f"The {split} images of '{path}' have labels that no training image has: "
            f"{_names(unknown)}."
        )


def _csv_rows(path, multi_label):
    """Gives split -> [(path, labels)]."""
    lines = _csv_lines(path)
    columns = ["path", "label", "split"]
    start = 0
    if lines and {"path", "label"} <= {cell.lower() for cell in lines[0]}:
        columns, start = [cell.lower() for cell in lines[0]], 1
    aliases = {alias: split for split, names in SPLITS.items() for alias in names}
    rows = {}
    for number, line in enumerate(lines[start:], start + 1):
        if not any(line):
            continue
        fields = dict(zip(columns, line, strict=False))
        file = path.parent / fields.get("path", "")
        label = fields.get("label")
        if label is None or not (label or multi_label):
            raise InputError(
                f"Line {number} of '{path}' has no label: {','.join(line)}"
            )
        if not file.is_file():
            raise InputError(
                f"Line {number} of '{path}': there is no file '{file}' (a header is "
                "path,label[,split])."
            )
        split = fields.get("split") or "train"
        if split.lower() not in aliases:
            raise InputError(
                f"Line {number} of '{path}': the split is train, test or val. "
                f"Received: '{split}'"
            )
        labels = _separate(label) if multi_label else (label,)
        rows.setdefault(aliases[split.lower()], []).append((file, labels))
    return rows


def _separate(cell):
    return tuple(label.strip() for label in cell.split(";") if label.strip())


def _csv_lines(path):
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            return [[cell.strip() for cell in line] for line in csv.reader(file)]
    except (OSError, ValueError, csv.Error) as error:
        raise InputError(
            f"'{path}' cannot be read as a CSV in UTF-8: {error}; save it as such."
        ) from None


def _checked(name, source, rows, class_names, bad_images, multi_label=False):
    cache = cache_folder() / "verdicts.json"
    parts, bad, sizes = {}, [], []
    for split, files in rows.items():
        verdicts = check_images([file for file, _ in files], cache=cache)
        good = [
            (verdict, labels)
            for verdict, (_, labels) in zip(verdicts, files, strict=True)
            if verdict.good
        ]
        bad.extend(verdict for verdict in verdicts if not verdict.good)
        lost = _labels(files) - _labels(good)
        if lost:
            raise InputError(
                f"None of the images of {_names(lost)} in the {split} part of "
                f"'{source}' can be read; `{program.command()} check-data` says why."
            )
        if not good:
            raise InputError(
                f"None of the images in the {split} part of '{source}' can be read; "
                f"`{program.command()} check-data` says why."
            )
        paths = tuple(str(verdict.path) for verdict, _ in good)
        labels = _as_numbers([labels for _, labels in good], class_names, multi_label)
        parts[split] = FileExamples(paths, labels)
        sizes.extend((verdict.height, verdict.width) for verdict, _ in good)
    if bad and bad_images == "fail":
        raise InputError(
            f"{len(bad)} of the images of '{source}' cannot be read, the first is "
            f"'{bad[0].path}': {bad[0].reason}. Leave out --bad-images fail to train "
            "without them."
        )
    return ImageData(
        name=name,
        class_names=tuple(class_names),
        parts=parts,
        image_size=median_size(*zip(*sizes, strict=True)),
        bad=tuple(bad),
    )


def _as_numbers(labels, class_names, multi_label):
    """Gives class numbers (examples,), or 0 and 1 (examples, classes)."""
    numbers = {name: number for number, name in enumerate(class_names)}
    if not multi_label:
        return np.array([numbers[label] for (label,) in labels], "int64")
    table = np.zeros((len(labels), len(class_names)), "int8")
    for row, own in zip(table, labels, strict=True):
        row[[numbers[label] for label in own]] = 1
    return table
