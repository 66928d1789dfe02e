"""Tables of a run folder that have a row of numbers for a step."""

import contextlib
import csv


def read_rows(path):
    """Gives the rows of a CSV with a column `step` as dicts of numbers.

    A line that was cut off, or is no row of such a table, is left out.

    Args:
        path: of the file; [] where there is none.
    """
    if not path.exists():
        return []
    rows = []
    with path.open(newline="", encoding="utf-8", errors="replace") as file:
        for texts in csv.DictReader(file):
            with contextlib.suppress(ValueError, TypeError, KeyError):
                row = {name: float(text) for name, text in texts.items() if name}
                rows.append({**row, "step": int(texts["step"])})
    return rows
