"""The evaluations during a run, kept in its folder, and the course that it took."""

import csv
import io

from bit_keras import files
from bit_keras.evaluation.figures import FIGURES, LOSSES, METRICS
from bit_keras.training.rows import read_rows

FILE = "evaluations.csv"
LATE = 0.8  # of the run: where the best is later, it was still getting better


def add_evaluation(folder, step, summary):
    """Adds a row to `evaluations.csv`; later ones, of steps made again, are dropped.

    Args:
        folder: of the run, path.
        step: updates made before it.
        summary: dict, whose numbers are kept.
    """
    figures = {name: v for name, v in summary.items() if isinstance(v, int | float)}
    rows = [row for row in read_evaluations(folder) if row["step"] < step]
    text = io.StringIO(newline="")
    table = csv.DictWriter(text, ["step", *figures], extrasaction="ignore")
    table.writeheader()
    table.writerows([*rows, {"step": step, **figures}])
    files.write(folder / FILE, text.getvalue())


def read_evaluations(folder):
    """Gives the rows of `evaluations.csv` as dicts of numbers; [] without one."""
    return read_rows(folder / FILE)


def is_no_better(rows):
    """Says whether training came to nothing beside what was evaluated before it.

    Args:
        rows: of `read_evaluations`.
    """
    if not rows or rows[0]["step"]:
        return False
    name, sign = _metric(rows)
    first, last = rows[0], rows[-1]
    return not last["step"] or sign * last[name] < sign * first[name]


def course(rows, metric=None):
    """Says in words how a figure went, and whether it was still getting better.

    Args:
        rows: of `read_evaluations`, at least one.
        metric: a name of `METRICS`; None for the one that says most.

    Returns:
        the like of "top-1 accuracy went from 50.0% to 75.0%, still rising", or of
        ", flat since step 200".
    """
    name, sign = _metric(rows, metric)
    first, last = (
        f"{row[name]:.3f}" if name in LOSSES else f"{row[name]:.1%}"
        for row in (rows[0], rows[-1])
    )
    best = max(rows, key=lambda row: sign * row[name])["step"]
    told = f"{FIGURES[name]} went from {first} to {last}"
    if best > LATE * rows[-1]["step"]:
        return f"{told}, still {'rising' if sign > 0 else 'falling'}"
    return f"{told}, flat since step {best:,}"


def _metric(rows, name=None):
    """Gives (name, sign) of a metric, or of the one that says most."""
    name = name or next(name for name in METRICS if name in rows[0])
    return name, METRICS[name]
