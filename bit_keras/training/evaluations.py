"""The evaluations during a run, kept in its folder, and the course that it took."""

import contextlib
import csv
import io

from bit_keras import files
from bit_keras.evaluation.figures import METRICS

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
    path = folder / FILE
    if not path.exists():
        return []
    rows = []
    with path.open(newline="", encoding="utf-8", errors="replace") as file:
        for texts in csv.DictReader(file):
            # A damaged line is left out.
            with contextlib.suppress(ValueError, TypeError, KeyError):
                row = {name: float(text) for name, text in texts.items()}
                rows.append({**row, "step": int(texts["step"])})
    return rows


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
        the like of "top1 0.5 to 0.75, still rising", or ", flat since step 200".
    """
    name, sign = _metric(rows, metric)
    best = max(rows, key=lambda row: sign * row[name])["step"]
    told = f"{name} {rows[0][name]:.4g} to {rows[-1][name]:.4g}"
    if best > LATE * rows[-1]["step"]:
        return f"{told}, still {'rising' if sign > 0 else 'falling'}"
    return f"{told}, flat since step {best:,}"


def _metric(rows, name=None):
    """Gives (name, sign) of a metric, or of the one that says most."""
    name = name or next(name for name in METRICS if name in rows[0])
    return name, METRICS[name]
