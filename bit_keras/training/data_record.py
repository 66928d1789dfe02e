"""What a run was trained on, kept in its folder, and what has changed since."""

import collections
import csv
import io
import sys

from bit_keras.data.image_files import quoted
from bit_keras.errors import InputError

FILE = "data.csv"
HEADER = ("split", "example", "classes", "content")


def write(run, data):
    """Writes `data.csv`, a row for every example, and `bad_images.csv` where needed.

    Args:
        run: `run_folder.Run`.
        data: `ImageData`.
    """
    run.write(FILE, _as_csv([HEADER, *_rows(data)]))
    if data.bad:
        rows = [("file", "reason"), *((bad.path, bad.reason) for bad in data.bad)]
        run.write("bad_images.csv", _as_csv(rows))


def require_same(run, data, typed):
    """Raises `InputError` where data differ from those that a run is on.

    Args:
        run: `run_folder.Run`.
        data: `ImageData` of what was typed now.
        typed: dict of that; it may name other data than those of the run.
    """
    told = changes(run, data)
    before, now = run.info.typed.get("dataset"), typed.get("dataset")
    if told and before != now:
        raise InputError(
            f"'{run.folder}' holds a run of other data (dataset was {before} and is "
            f"now {now}: {told}); choose another --output."
        )
    if told:
        raise InputError(
            f"The data have changed since the run in '{run.folder}' began, so it "
            f"cannot go on: {told}. Restore them, or choose another --output to start "
            "anew."
        )


def tell_changes(run, data=None):
    """Says on stderr where data differ from those that a run was trained on.

    Args:
        run: `run_folder.Run`.
        data: `ImageData` of the run as they are now, opened here if not given.
    """
    from bit_keras.training.tasks import data_of

    try:
        told = changes(run, data_of(run) if data is None else data)
    except InputError as error:  # the run itself is good for use
        told = f"they cannot be used any more. {error}".removesuffix(".")
    if told:
        print(
            f"Attention: the data have changed since the run in '{run.folder}': "
            f"{told}. Images it was trained on may be among those tested now.",
            file=sys.stderr,
        )


def changes(run, data):
    """Says in words how data differ from those of a run; "" where they do not.

    Runs of before there was a record are compared by classes and numbers of images.
    """
    before, now = run.info.class_names, data.class_names
    if before != now:
        lost, new = quoted({*before} - {*now}), quoted({*now} - {*before})
        return f"classes that are gone: {lost}; new ones: {new}"
    if (run.folder / FILE).exists():
        return _differences(_read(run), _rows(data))
    if ":" not in run.info.train_fingerprint:
        was = run.info.data
        return "" if was == data.summary() else f"it was '{was}'"
    test = "test" if {"test", "val"} & data.parts.keys() else None
    prints = (data.fingerprint("train"), test and data.fingerprint(test))
    same = prints == (run.info.train_fingerprint, run.info.test_fingerprint)
    return "" if same else f"'{run.folder / FILE}', which named them, is missing"


def seen(run, data=None):
    """Gives the examples that a run was trained on, or chosen by.

    Args:
        run: `run_folder.Run`.
        data: `ImageData`, to be looked at instead of the record.

    Returns:
        set of (name, content), or None where there is no record.
    """
    if data is None and not (run.folder / FILE).exists():
        return None
    rows = _read(run) if data is None else _rows(data)
    parts = {"train", "val"} if run.recipe.evaluate_every else {"train"}
    return {(name, content) for part, name, _, content in rows if part in parts}


def _as_csv(rows):
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue()


def _rows(data):
    return [(split, *row) for split in data.parts for row in data.listing(split)]


def _read(run):
    path = run.folder / FILE
    try:
        text = path.read_text("utf-8", "surrogateescape")
        rows = [tuple(row) for row in csv.reader(io.StringIO(text, newline=""))][1:]
        if any(len(row) != len(HEADER) for row in rows):
            raise ValueError(f"a row has other cells than {', '.join(HEADER)}")
        return rows
    except (OSError, csv.Error, ValueError) as error:
        raise InputError(
            f"'{path}' cannot be read ({error}); it tells what the run was trained "
            "on, so restore it, or begin another run."
        ) from None


def _differences(before, now):
    """Says how rows of (split, example, classes, content) differ, the worst first."""
    if before == now:
        return ""
    was, are = _by_name(before), _by_name(now)
    both = [name for name in was if name in are]
    found = {
        "gone": [name for name in was if name not in are],
        "new": [name for name in are if name not in was],
        "with other contents": _unequal(was, are, both, 2),
        "of another class": _unequal(was, are, both, 1),
    }
    # Where images are drawn for a part, others are as soon as there are more or less.
    if not any(found.values()):
        found = {"in another part": _unequal(was, are, both, 0)}
    told = [
        f"{len(names):,} {'is' if len(names) == 1 else 'are'} {what}, the first is "
        f"'{names[0]}'"
        for what, names in found.items()
        if names
    ]
    return "; ".join(told) or "they are in another order"


def _by_name(rows):
    """Gives name -> sorted rows (split, classes, content) of it."""
    named = collections.defaultdict(list)
    for split, name, *rest in rows:
        named[name].append((split, *rest))
    return named


def _unequal(was, are, names, place):
    """Lists the names whose rows differ in a place."""

    def values(rows):
        return sorted(row[place] for row in rows)

    return [name for name in names if values(was[name]) != values(are[name])]
