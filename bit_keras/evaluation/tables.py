"""Summaries as text for the terminal."""

import unicodedata

from bit_keras.evaluation.figures import written

MOST_TABLE_ROWS = 40
WIDEST_NAME = 40
COLUMNS = {
    "average_precision": "AP",
    "recall": "recall",
    "precision": "precision",
    "f1": "f1",
}


def aligned(rows):
    """Gives the lines of a table, whose columns end below each other.

    Args:
        rows: lists of texts, all of one length.
    """
    widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
    return [
        "  ".join(f"{cell:>{width}}" for cell, width in zip(row, widths, strict=True))
        for row in rows
    ]


def worst_first(per_class):
    """Sorts rows of `per_class`; classes without examples come last.

    It goes by average precision where there is one, else by recall.
    """

    def place(row):
        value = row.get("average_precision", row["recall"])
        return value is None, value

    return sorted(per_class, key=place)


def format_summary(summary, *, file=None):
    """Writes a summary for the terminal: the figures, then the classes, worst first.

    Args:
        summary: what `summarize` gave.
        file: name of the file that holds every class, told when the table is cut.
    """
    lines = _figures(summary)
    rows = worst_first(summary["per_class"])
    shown, hidden = rows[:MOST_TABLE_ROWS], len(rows) - MOST_TABLE_ROWS
    columns = {key: title for key, title in COLUMNS.items() if key in rows[0]}
    names = [_fit(row["name"]) for row in shown]
    width = max(_columns(name) for name in [*names, "class"])
    titles = "".join(f"  {title:>{_width(title)}}" for title in columns.values())
    lines += ["", f"{'class':{width}}  examples{titles}"]
    for name, row in zip(names, shown, strict=True):
        space = " " * (width - _columns(name))
        cells = "".join(
            f"  {'-' if row[key] is None else f'{row[key]:.1%}':>{_width(title)}}"
            for key, title in columns.items()
        )
        lines.append(f"{name}{space}  {row['examples']:8,}{cells}")
    if hidden > 0:
        where = f", all in {file}" if file else ""
        lines.append(f"… and {hidden:,} more classes{where}")
    return "\n".join(lines)


def _figures(summary):
    figures = written(summary)
    width = max(map(len, figures))
    lines = []
    for name, text in figures.items():
        number, *rest = text.split(" ", 1)
        lines.append(" ".join([f"{name:{width}}  {number:>7}", *rest]))
    lines[0] += f"  of {summary['examples']:,}"
    if "(" in lines[0]:
        lines[0] += "; in brackets: 95% confidence"
    return lines


def _width(title):
    return max(len(title), len("100.0%") + 1)


def _fit(name):
    """Cuts a name to the column and drops what would garble a terminal."""
    name = "".join(c if c.isprintable() else "?" for c in name)
    if _columns(name) <= WIDEST_NAME:
        return name
    while _columns(name) > WIDEST_NAME - 1:
        name = name[:-1]
    return name + "…"


def _columns(text):
    """Counts terminal columns: East Asian letters take two, combining marks none."""
    return sum(
        0 if unicodedata.combining(c) else 1 + (unicodedata.east_asian_width(c) in "WF")
        for c in text
    )
