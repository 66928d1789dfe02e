"""`runs`: run folders side by side."""

from bit_keras.errors import InputError


def register(commands):
    parser = commands.add_parser(
        "runs",
        help="run folders side by side",
        description="A line for each run folder below FOLDER, the best first: figure, "
        "minutes of training, network, data set, and the recipe fields in which these "
        "runs differ.",
    )
    parser.add_argument(
        "folder", nargs="?", default="runs", help="default: %(default)s"
    )
    parser.set_defaults(command=run)


def run(args):
    import sys
    from pathlib import Path

    folder = Path(args.folder)
    if not folder.is_dir():
        raise InputError(
            f"There is no folder '{folder}'; name the one that holds the run folders."
        )
    rows, recipes = [], []
    for path in _run_folders(folder):
        try:
            row, recipe = _row(path)
        except InputError as error:
            print(f"Left out: {error}", file=sys.stderr)
        else:
            rows.append(row)
            recipes.append(recipe)
    if not rows:
        raise InputError(f"The folder '{folder}' holds no runs that can be read.")
    for row, differing in zip(rows, _differing(recipes), strict=True):
        row["recipe"] = differing
    rows.sort(key=lambda row: (row["rank"] is None, -(row["rank"] or 0), row["run"]))
    _print_table(rows, ("run", "result", "minutes", "network", "data", "recipe"))


def _run_folders(folder):
    """Gives every folder, itself and below, that has a file of a run.

    Linked folders are entered, but none twice, and none above.
    """
    import os
    from pathlib import Path

    seen = set(folder.resolve().parents)
    for root, folders, names in os.walk(folder, followlinks=True):
        folders.sort()
        here = Path(root).resolve()
        if here in seen:
            folders.clear()
            continue
        seen.add(here)
        if {"run.json", "recipe.json"} & set(names):
            folders.clear()  # the insides of a run are no runs
            yield Path(root)


def _row(path):
    """Gives the cells of a run, and its recipe as texts.

    Raises:
        InputError: if the run folder is damaged.
    """
    import json

    from bit_keras.evaluation.figures import FIGURES, headline, written
    from bit_keras.recipes import Recipe

    # Not by `training.run_folder`, whose package takes seconds to import.
    info = _read(path / "run.json", json.loads)
    recipe = _read(path / "recipe.json", Recipe.from_json)
    metrics, rank = {}, None
    if (path / "metrics.json").exists():
        metrics = _read(path / "metrics.json", json.loads)
    steps, seconds = _progress(path / "log.csv", recipe.batch_size)
    try:
        result = f"not finished: step {steps:,} of {recipe.steps:,}"
        if FIGURES.keys() & metrics.keys():
            name, rank = headline(metrics)
            result = f"{written(metrics)[name]} {name}"
        elif metrics:
            result = "finished"
        row = {
            "run": str(path),
            "result": result,
            "rank": rank,
            "minutes": f"{seconds / 60:.1f}",
            "network": str(info["network"]),
            "data": str(info["typed"]["dataset"]),
        }
        fields = recipe.as_texts() | {"weights": str(info["weights"])}
    except (TypeError, KeyError, AttributeError, ValueError) as error:
        raise InputError(f"'{path}' is no whole run folder ({error!r}).") from None
    return row, fields


def _read(path, parse):
    try:
        return parse(path.read_text("utf-8", "surrogateescape"))
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        reason = getattr(error, "strerror", None) or repr(error)
        raise InputError(f"'{path}' is missing or damaged ({reason}).") from None


def _progress(log, batch_size):
    """Gives the steps of a log, and the seconds that they took."""
    import contextlib
    import csv

    steps, seconds = 0, 0.0
    if not log.is_file():
        return steps, seconds
    with log.open(newline="", encoding="utf-8", errors="replace") as file:
        for line in csv.DictReader(file):
            # A line that was cut off is left out.
            with contextlib.suppress(ValueError, TypeError, KeyError, ArithmeticError):
                took = batch_size / float(line["images_per_second"])
                steps, seconds = steps + 1, seconds + took
    return steps, seconds


def _differing(recipes):
    """Says of each recipe what it has in the fields in which they are not all alike."""
    names = [
        name
        for name in dict.fromkeys(name for recipe in recipes for name in recipe)
        if len({recipe.get(name) for recipe in recipes}) > 1
    ]
    return [" ".join(f"{n}={recipe.get(n)}" for n in names) for recipe in recipes]


def _print_table(rows, columns):
    widths = {c: max(len(c), *(len(row[c]) for row in rows)) for c in columns}
    for row in [dict(zip(columns, columns, strict=True)), *rows]:
        print("  ".join(f"{row[c]:{widths[c]}}" for c in columns).rstrip())
