"""Data sets of image files that a CSV lists."""

import dataclasses
import itertools
import os
import re
import unicodedata
from pathlib import PureWindowsPath

from bit_keras.data.folder_names import split_of
from bit_keras.data.grouping import grouped
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

COLUMNS = ("path", "label", "split", "group")


def open_csv(path, bad_images, multi_label=False, labelled=True, testing=False):
    """Reads a CSV of path,label[,split]; paths are relative to the CSV's folder.

    A first line that names these columns, in any order, is the header. Images that
    have the same in a column `group` belong together. Other columns are left aside,
    but for one that holds nothing but splits where none is called so.
    With `multi_label` a label is any number of classes with semicolons between them,
    also none, and only those of the training images must be known. Without labels, the
    column `path` is enough. For testing there may be no training images, and classes
    may be missing in any split.

    Raises:
        InputError: with the line number, if a file or a label is missing or a row does
            not fit the header.
    """
    rows, groups, notes = _rows(path, multi_label, labelled)
    if "train" not in rows and not (testing and rows):
        missing = "images" if testing else "training images"
        raise InputError(f"'{path}' lists no {missing}.")
    if not labelled:
        data = checked(path.stem, path, rows, None, bad_images)
        return _grouped(dataclasses.replace(data, notes=notes), groups)
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
    return _grouped(dataclasses.replace(data, notes=notes), groups)


def _grouped(data, groups):
    return grouped(data, groups.get) if any(groups.values()) else data


def _require_known_classes(path, class_names, split, rows):
    unknown = labels_of(rows) - set(class_names)
    if unknown:
        raise InputError(
            f"The {split} images of '{path}' have labels that no training image has: "
            f"{quoted(unknown)}."
        )


def _rows(path, multi_label, labelled):
    """Gives split -> [(path, labels)], path -> group, and sentences on what is odd."""
    needed = ("path", "label") if labelled else ("path",)
    header, rows, _ = read_table(path, needed)
    header, notes = _columns(path, header, rows)
    found, groups, blank = {}, {}, 0
    for row in rows:
        fields = _fields(row, header)
        labels = _labels_of(fields, multi_label, row) if labelled else ()
        file = _file_of(fields, path.parent, row.place)
        split = _split_of(fields, row.place)
        found.setdefault(split, []).append((file, labels))
        group = fields.get("group", "")
        if groups.setdefault(str(file), group) != group:
            raise InputError(
                f"{row.place} puts '{file}' into the group '{group}', a line before it "
                f"into '{groups[str(file)]}'; leave one."
            )
        blank += not fields.get("split")
    if 0 < blank < len(rows):
        notes += (
            f"Rows of '{path}' without a split, which are taken for training: "
            f"{blank:,} of {len(rows):,}.",
        )
    return found, groups, (*notes, *contradictions(path, found))


def _columns(path, header, rows):
    """Gives the names of the columns, None without a header, and sentences on them."""
    if header is None:
        return None, ()
    cells = [
        {row.cells[place] for row in rows if place < len(row.cells)} - {""}
        for place in range(len(header))
    ]
    header = tuple(
        name or (f"column {number}" if found else "")
        for number, (name, found) in enumerate(zip(header, cells, strict=True), 1)
    )
    others = dict(zip(header, cells, strict=True))
    words = {split_of(cell) for cell in others.get("group", ())}
    if words and None not in words and "split" not in header:
        raise InputError(
            f"The column 'group' of '{path}' holds nothing but splits; call it "
            "'split', or, if it says what belongs together, call its groups otherwise."
        )
    others = {n: others[n] for n in others if n not in (*COLUMNS, "")}
    split = None if "split" in header else _split_column(path, others)
    notes = ()
    if split:
        del others[split]
        header = tuple("split" if name == split else name for name in header)
        notes = (f"The column '{split}' of '{path}' is taken as the split.",)
    if others:
        notes += (f"Columns of '{path}' that are not used: {quoted(others)}.",)
    return header, notes


def _split_column(path, columns):
    """Gives the one of the columns, name -> cells, that is the split; None for none.

    It holds splits and nothing else. What else looks like one is refused, because
    test images would be trained on.
    """
    splits = []
    for name, cells in columns.items():
        words = {split_of(cell) for cell in cells}
        if words and None not in words:
            splits.append(name)
        elif len(words - {None}) > 1 or _names_split(name):
            raise InputError(
                f"The column '{name}' of '{path}' looks like a split, but holds other "
                f"things: {quoted(cells)}. Name the column of the splits 'split', with "
                "train, test and val in its cells, or remove this one."
            )
    if len(splits) > 1:
        raise InputError(
            f"Each of the columns {quoted(splits)} of '{path}' could be the split; "
            "call the one that is so 'split'."
        )
    return splits[0] if splits else None


def _names_split(name):
    """Says whether a column's name speaks of splits, as is_test and fold do."""
    words = re.findall(r"[a-z]+", name)
    return bool(split_of(name.removeprefix("is")) or {"fold", "folds"} & {*words})


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
    fields = dict(zip(columns, cells, strict=False))
    for name in ("path", "label"):
        if len(fields.get(name, "").splitlines()) > 1:
            raise InputError(
                f"{row.place}: the {name} goes over several lines; a quote is missing, "
                f"or too many. It begins with: {fields[name].splitlines()[0]}"
            )
    return fields


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
        # These, unlike `Path.is_file`, bear names too long.
        if os.path.isfile(folder / form):
            return folder / form
    if os.path.isdir(folder / name):
        raise InputError(f"{place}: '{folder / name}' is a folder; name one image.")
    raise InputError(
        f"{place}: there is no file '{folder / name}' (a header is path,label[,split])."
    )


def _split_of(fields, place):
    named = fields.get("split") or "train"
    if split := split_of(named):
        return split
    raise InputError(f"{place}: the split is train, test or val. Received: '{named}'")
