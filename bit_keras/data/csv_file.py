"""Data sets of image files that a CSV lists."""

import csv
import dataclasses
import itertools

from bit_keras.data.image_files import (
    checked,
    labels_of,
    quoted,
    require_same_classes,
)
from bit_keras.data.layout import split_of
from bit_keras.errors import InputError


def open_csv(path, bad_images, multi_label=False, labelled=True, testing=False):
    """Reads a CSV of path,label[,split]; paths are relative to the CSV's folder.

    A first line that names these columns, in any order, is the header. With
    `multi_label` a label is any number of classes with semicolons between them, also
    none, and only those of the training images must be known. Without labels, the
    column `path` is enough. For testing there may be no training images, and classes
    may be missing in any split.

    Raises:
        InputError: with the line number, if a file or a label is missing.
    """
    rows = _rows(path, multi_label, labelled)
    if "train" not in rows and not (testing and rows):
        missing = "images" if testing else "training images"
        raise InputError(f"'{path}' lists no {missing}.")
    if not labelled:
        return checked(path.stem, path, rows, None, bad_images)
    listed = itertools.chain(*rows.values()) if testing else rows["train"]
    class_names = sorted(labels_of(listed))
    for split in () if testing else rows:
        if multi_label:
            _require_known_classes(path, class_names, split, rows[split])
        else:
            require_same_classes(path, class_names, split, rows[split])
    data = checked(path.stem, path, rows, class_names, bad_images, multi_label)
    joined = [name for name in class_names if ";" in name]
    if not joined:
        return data
    note = (
        f"Each label of '{path}' is taken as one class, also '{joined[0]}'; with "
        "--multi-label a semicolon stands between the labels of an image."
    )
    return dataclasses.replace(data, notes=(note,))


def _require_known_classes(path, class_names, split, rows):
    unknown = labels_of(rows) - set(class_names)
    if unknown:
        raise InputError(
            f"The {split} images of '{path}' have labels that no training image has: "
            f"{quoted(unknown)}."
        )


def _rows(path, multi_label, labelled):
    """Gives split -> [(path, labels)]."""
    lines = _lines(path)
    columns, start = ["path", "label", "split"], 0
    named = {"path", "label"} if labelled else {"path"}
    if lines and named <= {cell.lower() for cell in lines[0]}:
        columns, start = [cell.lower() for cell in lines[0]], 1
    rows = {}
    for number, line in enumerate(lines[start:], start + 1):
        if any(line):
            fields = dict(zip(columns, line, strict=False))
            place = f"Line {number} of '{path}'"
            labels = _labels_of(fields, multi_label, place, line) if labelled else ()
            file = _file_of(fields, path.parent, place)
            rows.setdefault(_split_of(fields, place), []).append((file, labels))
    return rows


def _labels_of(fields, multi_label, place, line):
    label = fields.get("label")
    if label is None or not (label or multi_label):
        raise InputError(f"{place} has no label: {','.join(line)}")
    if not multi_label:
        return (label,)
    return tuple(part.strip() for part in label.split(";") if part.strip())


def _file_of(fields, folder, place):
    file = folder / fields.get("path", "")
    if not file.is_file():
        raise InputError(
            f"{place}: there is no file '{file}' (a header is path,label[,split])."
        )
    return file


def _split_of(fields, place):
    named = fields.get("split") or "train"
    if split := split_of(named):
        return split
    raise InputError(f"{place}: the split is train, test or val. Received: '{named}'")


def _lines(path):
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            return [[cell.strip() for cell in line] for line in csv.reader(file)]
    except (OSError, ValueError, csv.Error) as error:
        raise InputError(
            f"'{path}' cannot be read as a CSV in UTF-8: {error}; save it as such."
        ) from None
