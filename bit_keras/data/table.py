"""Tables of spreadsheets and scripts: with commas, semicolons, tabs or bars."""

import csv
import dataclasses
import io
import re
from pathlib import Path

from bit_keras.errors import InputError


@dataclasses.dataclass(frozen=True)
class Row:
    """A row that is not blank.

    Args:
        cells: without spaces around them.
        place: the line of the file where it starts, for a message.
    """

    cells: tuple[str, ...]
    place: str

    def __str__(self):
        return ",".join(self.cells)


def read_table(path, columns, delimiters="\t,;|"):
    """Reads the rows of a CSV in UTF-8, and tells whether the first names the columns.

    What stands between the cells is what the first line says: "sep=;" as Excel writes
    it, else what separates known columns there, else the first that it holds.

    Args:
        path: of the file.
        columns: lower-case names of columns; a first row that holds all is a header.
        delimiters: those to look for, the likeliest first.

    Returns:
        (names, rows, delimiter): lower-case names of the columns, None without a
        header; list of `Row`, without the header.

    Raises:
        InputError: if the file cannot be read, or names a column twice.
    """
    path = Path(path)
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            text = file.read()
        rows, delimiter = _rows(path, text, set(columns), delimiters)
    except (OSError, ValueError, csv.Error) as error:
        raise InputError(
            f"'{path}' cannot be read as a CSV in UTF-8: {error}; save it as such."
        ) from None
    if not (rows and set(columns) <= set(_lower(rows[0].cells))):
        return None, rows, delimiter
    header = _lower(rows[0].cells)
    for name in header:
        if name and header.count(name) > 1:
            raise InputError(
                f"The column {name} stands {header.count(name)} times in '{path}'; "
                "leave one."
            )
    return header, rows[1:], delimiter


def _rows(path, text, columns, delimiters):
    lines = io.StringIO(text, newline="")
    skipped = 0
    if excel := re.match(r"sep=(.)\s*[\r\n]", text, re.IGNORECASE):
        lines.readline()
        skipped, delimiter = 1, excel[1]
    else:
        first = next((line for line in text.splitlines() if line.strip()), "")
        delimiter = _delimiter(first, columns, delimiters)
    # Else a quote without its other half takes all rows to the next one, or to the end.
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    rows, number = [], skipped + 1
    try:
        for cells in reader:
            cells = tuple(cell.strip() for cell in cells)
            if any(cells):
                rows.append(Row(cells, f"Line {number} of '{path}'"))
            number = skipped + reader.line_num + 1
    except csv.Error as error:
        raise InputError(
            f"Line {number} of '{path}' cannot be read as a CSV ({error}); a quote "
            "around a cell needs its other half, and one within it is doubled."
        ) from None
    return rows, delimiter


def _delimiter(line, columns, delimiters):
    held = [each for each in delimiters if len(_split(line, each)) > 1]
    naming = [each for each in held if columns <= set(_lower(_split(line, each)))]
    return (naming or held or [","])[0]


def _split(line, delimiter):
    return next(csv.reader([line], delimiter=delimiter), [])


def _lower(cells):
    return tuple(cell.strip().lower() for cell in cells)
