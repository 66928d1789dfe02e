"""Training images that the user leaves out: --exclude."""

import csv
import dataclasses
import io
import os
import re
from pathlib import Path

import numpy as np

from bit_keras.data.examples import FileExamples
from bit_keras.data.image_files import quoted
from bit_keras.data.paths import one_form, path_below
from bit_keras.errors import InputError
from bit_keras.files import require_regular


def names_to_exclude(path):
    """Reads which images are to be left out.

    Args:
        path: of a CSV as `check-data` writes it, whose rows with `exclude` "yes" count,
            or of a text with the name of an image on every line.

    Returns:
        list of str. Images that cannot be read are not among them: nobody takes those.

    Raises:
        InputError: if the file cannot be read.
    """
    if not os.path.exists(path):  # also ""
        raise InputError(
            f"There is no file '{path}' for --exclude; check-data --csv writes one."
        )
    require_regular(path)
    try:
        # File names need not be UTF-8.
        text = Path(path).read_text("utf-8-sig", "surrogateescape")
    except OSError as error:
        raise InputError(
            f"'{path}' cannot be read: {error.strerror}; name another for --exclude."
        ) from None
    if "\0" in text:
        raise InputError(f"'{path}' is no text in UTF-8; save it as such.")
    header, lines = text.partition("\n")[0], io.StringIO(text, newline="")
    # In some countries a spreadsheet puts semicolons between the cells.
    delimiter = ";" if ";" in header and "," not in header else ","
    columns = {name.strip('" \r') for name in header.split(delimiter)}
    if not {"file", "exclude"} <= columns:
        return [line.strip() for line in text.splitlines() if line.strip()]
    try:
        # Else a quote without its other half takes all rows to the next one.
        rows = list(csv.DictReader(lines, delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise InputError(
            f"'{path}' cannot be read as a CSV ({error}); a quote around a cell needs "
            "its other half."
        ) from None
    return [
        row["file"]
        for row in rows
        if (row["exclude"] or "").strip().lower() == "yes"
        and row["file"]
        and row.get("verdict") != "bad"
    ]


def without(data, path):
    """Leaves images out of training, and of nothing else.

    Args:
        data: `ImageData`, before anything is held out of its training images.
        path: see `names_to_exclude`.

    Returns:
        `ImageData` with a note on how many are left out.

    Raises:
        InputError: if the file cannot be read, none of its names is that of a training
            image, or no images of a class would be left.
    """
    names = names_to_exclude(path)
    train = data.parts["train"]
    found = _positions(train, names)
    if names and not found:
        raise InputError(
            f"None of the {len(names):,} names in '{path}' is that of a training image "
            f"of {data.name}, such as '{names[0]}'; name the file that `check-data "
            "--csv` wrote for these images."
        )
    positions = np.array(sorted(found), "int64")
    if len(positions) == train.count:
        raise InputError(f"'{path}' leaves no training images; exclude fewer.")
    if train.indexed:
        kept = train.take(np.setdiff1d(np.arange(train.count), positions))
        _require_classes(path, data, train, kept)
    else:
        kept = train.without(positions)
    note = f"{len(positions):,} training images are left out, as '{path}' says"
    if unknown := len(set(names) - set(found.values())):
        note += f"; {unknown:,} of its names are of none"
    return dataclasses.replace(
        data, parts={**data.parts, "train": kept}, notes=(*data.notes, f"{note}.")
    )


def _positions(examples, names):
    """Gives position -> name of the examples that names stand for."""
    if isinstance(examples, FileExamples):
        known = {one_form(Path(name).as_posix()): name for name in names}
        known |= {os.path.realpath(name): name for name in names}
        found = {}
        for position, path in enumerate(examples.paths):
            for key in (os.path.realpath(path), path_below(path, examples.root)):
                if key in known:
                    found[position] = known[key]
        return found
    kind = re.escape(examples.name(0).removesuffix("0"))
    numbers = {name: re.fullmatch(rf"{kind}(\d+)", name) for name in names}
    found = {int(match[1]): name for name, match in numbers.items() if match}
    return {n: name for n, name in found.items() if n < examples.count}


def _require_classes(path, data, train, kept):
    if train.labels is None or train.multi_label:
        return
    lost = np.setdiff1d(train.labels, kept.labels)
    if lost.size:
        names = quoted(data.class_names[label] for label in lost)
        raise InputError(
            f"'{path}' leaves no training images of the classes {names}; exclude fewer."
        )
