"""Data sets of image files that a CSV lists."""

import dataclasses
import itertools
import unicodedata
from pathlib import PureWindowsPath

from bit_keras.data.folder_names import split_of
from bit_keras.data.image_files import (
    checked,
    labels_of,
    quoted,
    require_same_classes,
)
from bit_keras.data.paths import one_form
from bit_keras.data.repeats import contradictions
from bit_keras.data.table import read_table
from bit_keras.errors import InputError


def open_csv(path, bad_images, multi_label=False, labelled=True, testing=False):
    """Reads a CSV of path,label[,split]; paths are relative to the CSV's folder.

    A first line that names these columns, in any order, is the header. Other columns
    are left aside, but for one that holds nothing but splits where none is called so.
    With `multi_label` a label is any number of classes with semicolons between them,
    also none, and only those of the training images must be known. Without labels, the
    column `path` is enough. For testing there may be no training images, and classes
    may be missing in any split.

    Raises:
        InputError: with the line number, if a file or a label is missing or a row does
            not fit the header.
    """
    rows, notes = _rows(path, multi_label, labelled)
    if "train" not in rows and not (testing and rows):
        missing = "images" if testing else "training images"
        raise InputError(f"'{path}' lists no {missing}.")
    if not labelled:
        data = checked(path.stem, path, rows, None, bad_images)
        return dataclasses.replace(data, notes=notes)
    listed = itertools.chain(*rows.values()) if testing else rows["train"]
    class_names = sorted(labels_of(listed))
    for split in () if testing else rows:
        if multi_label:
            _require_known_classes(path, class_names, split, rows[split])
        else:
            require_same_classes(path, class_names, split, rows[split])
    data = checked(path.stem, path, rows, class_names, bad_images, multi_label)
    joined = [name for name in class_names if ";" in name]
    if joined:
        notes += (
            f"Each label of '{path}' is taken as one class, also '{joined[0]}'; with "
            "--multi-label a semicolon stands between the labels of an image.",
        )
    return dataclasses.replace(data, notes=notes)


def _require_known_classes(path, class_names, split, rows):
    unknown = labels_of(rows) - set(class_names)
    if unknown:
        raise InputError(
            f"The {split} images of '{path}' have labels that no training image has: "
            f"{quoted(unknown)}."
        )


def _rows(path, multi_label, labelled):
    """Gives split -> [(path, labels)], and sentences on what is odd."""
    needed = ("path", "label") if labelled else ("path",)
    header, rows, _ = read_table(path, needed)
    header, notes = _columns(path, header, rows, labelled)
    found = {}
    for row in rows:
        fields = _fields(row, header)
        labels = _labels_of(fields, multi_label, row) if labelled else ()
        file = _file_of(fields, path.parent, row.place)
        split = _split_of(fields, row.place)
        found.setdefault(split, []).append((file, labels))
    return found, (*notes, *contradictions(path, found))


def _columns(path, header, rows, labelled):
    """Gives the names of the columns, None without a header, and sentences on them."""
    if header is None:
        return None, ()
    for name in ("path", "label", "split"):
        if header.count(name) > 1:
            raise InputError(
                f"The column {name} stands {header.count(name)} times in '{path}'; "
                "leave one."
            )
    others = [name for name in header if name not in ("path", "label", "split", "")]
    splits = (
        [] if "split" in header else [n for n in others if _splits(n, header, rows)]
    )
    if len(splits) > 1:
        raise InputError(
            f"Each of the columns {quoted(splits)} of '{path}' could be the split; "
            "call the one that is so 'split'."
        )
    notes = ()
    if splits:
        others.remove(splits[0])
        header = tuple("split" if name == splits[0] else name for name in header)
        notes = (f"The column '{splits[0]}' of '{path}' is taken as the split.",)
    if others:
        notes += (f"Columns of '{path}' that are not used: {quoted(others)}.",)
    return header, notes


def _splits(name, header, rows):
    """Says whether a column holds splits, and nothing else."""
    column = header.index(name)
    cells = {row.cells[column] for row in rows if len(row.cells) > column} - {""}
    return bool(cells) and all(split_of(cell) for cell in cells)


def _fields(row, header):
    cells = row.cells
    columns = header or ("path", "label", "split")
    while len(cells) > len(columns) and not cells[-1]:
        cells = cells[:-1]
    # Without a path or a label, that is what is told.
    short = header and {"path", "label"} <= set(columns[: len(cells)])
    if len(cells) > len(columns) or (short and len(cells) < len(columns)):
        raise InputError(
            f"{row.place} has {len(cells)} cells instead of "
            + (f"the header's {len(columns)}" if header else "two or three")
            + f" (a comma in a name needs quotes around it). Received: {row}"
        )
    return dict(zip(columns, cells, strict=False))


def _labels_of(fields, multi_label, row):
    label = fields.get("label")
    if label is None or not (label or multi_label):
        raise InputError(f"{row.place} has no label: {row}")
    label = one_form(label)
    if not multi_label:
        return (label,)
    return tuple(part.strip() for part in label.split(";") if part.strip())


def _file_of(fields, folder, place):
    name = fields.get("path")
    if not name:
        raise InputError(f"{place} has no path.")
    forms = (name, one_form(name), unicodedata.normalize("NFD", name))
    for form in (*forms, PureWindowsPath(name).as_posix()):
        if (folder / form).is_file():
            return folder / form
    if (folder / name).is_dir():
        raise InputError(f"{place}: '{folder / name}' is a folder; name one image.")
    raise InputError(
        f"{place}: there is no file '{folder / name}' (a header is path,label[,split])."
    )


def _split_of(fields, place):
    named = fields.get("split") or "train"
    if split := split_of(named):
        return split
    raise InputError(f"{place}: the split is train, test or val. Received: '{named}'")
