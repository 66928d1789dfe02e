"""The table of all ViT files of augreg: which one to take for each network.

The table is https://storage.googleapis.com/vit_models/augreg/index.csv; its columns are
told in vit_jax/checkpoint.py of github.com/google-research/vision_transformer.
"""

import csv
import dataclasses
import math
import pathlib

from bit_keras.errors import InputError
from bit_keras.families.family import PublishedFile
from bit_keras.families.vit_files import augreg
from bit_keras.files import require_regular

COLUMNS = (
    *("ds", "filename", "final_val"),
    *("adapt_resolution", "infer_samples_per_sec"),
)


@dataclasses.dataclass(frozen=True)
class Recommended:
    """The file to take for a network.

    Attributes:
        file: its `PublishedFile`.
        accuracy: share of held-out images of ImageNet-21k that are told right.
        speed: images per second on a V100, 0 where it is not told.
        size: side of these images in pixels, likewise.
    """

    file: PublishedFile
    accuracy: float
    speed: float
    size: float


def recommended(path):
    """Picks the file of each network that is best on held-out images of ImageNet-21k.

    This is how vit_jax/train.py chooses. Of the rows of a file, one for each
    fine-tuning, that of the largest images tells the speed.

    Args:
        path: of index.csv.

    Returns:
        List of `Recommended`, the fastest first.

    Raises:
        InputError: the file cannot be read, lacks columns, or has no such files.
    """
    best = {}
    for row in _rows(pathlib.Path(path)):
        found = _of_row(row) if row["ds"] == "i21k" else None
        if found is None:
            continue
        known = best.get(found.file.network, found)
        if (found.accuracy, found.size) >= (known.accuracy, known.size):
            best[found.file.network] = found
    if not best:
        raise InputError(
            f"'{path}' has no row of a file that was trained on ImageNet-21k (ds is "
            "i21k) with its accuracy (final_val); name the index.csv of augreg."
        )
    return sorted(best.values(), key=lambda found: -found.speed)


def _rows(path):
    if not path.exists():
        raise InputError(f"There is no table at '{path}'; check the path.")
    require_regular(path)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            missing = [x for x in COLUMNS if x not in (rows.fieldnames or ())]
            if missing:
                raise InputError(
                    f"'{path}' has no columns {', '.join(missing)}; name the index.csv "
                    "of augreg."
                )
            yield from rows
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            f"'{path}' cannot be read as CSV ({error}); name the index.csv of augreg."
        ) from error


def _of_row(row):
    """Gives the `Recommended` of a row, None where the file or its accuracy is none."""
    file, accuracy = augreg(row["filename"] or ""), _number(row["final_val"])
    if file is None or not accuracy:
        return None
    speed = _number(row["infer_samples_per_sec"])
    return Recommended(file, accuracy, speed, _number(row["adapt_resolution"]))


def _number(text):
    """Gives a number, 0 for what is none."""
    try:
        number = float(text)
    except (TypeError, ValueError):
        return 0.0
    return number if math.isfinite(number) else 0.0
