"""Images of any kind side by side, to be looked at instead of learned from."""

import dataclasses
import itertools
import re
from pathlib import Path

import numpy as np

from bit_keras.data.check import Verdict, check_images
from bit_keras.data.examples import FileExamples
from bit_keras.data.looks import SIDE, each_look, looks_of
from bit_keras.data.photos import find_photos
from bit_keras.data.sources import open_as_it_is
from bit_keras.data.twins import Appearance, appearance, twins_among
from bit_keras.errors import InputError
from bit_keras.files import cache_folder

TABLES = (".csv", ".tsv", ".npz")
STREAMED_AT_ONCE = 2048  # thumbnails of a stream in memory


@dataclasses.dataclass(frozen=True)
class Inspected:
    """Images, and what is known of them.

    Args:
        names: array of str (images,): paths, or "record 17".
        splits: likewise: "train", "test" or "val", "" where nobody has divided them.
        labels: likewise: several with semicolons, "" without any.
        pictures: `twins.Appearance`.
        bad: `Verdict`s of files that cannot be read; they are in none of the above.
        streams: list of (split, `RecordStream`): images too many to be held.
    """

    names: np.ndarray
    splits: np.ndarray
    labels: np.ndarray
    pictures: Appearance
    bad: tuple[Verdict, ...] = ()
    streams: tuple = ()

    @property
    def tested(self):
        """Positions of the test images, or where there are none those of "val"."""
        split = "test" if (self.splits == "test").any() else "val"
        return np.flatnonzero(self.splits == split)

    @property
    def learned(self):
        """Positions of the images that may be trained on."""
        return np.flatnonzero(np.isin(self.splits, ("train", "")))


def inspect(names, data_dir=None):
    """Looks at every image that names stand for.

    Args:
        names: files, folders and glob patterns, and what `open_dataset` takes.
        data_dir: folder of TensorFlow Datasets.

    Returns:
        `Inspected`.

    Raises:
        InputError: if a name stands for nothing.
    """
    files = [name for name in names if not _is_data_set(name)]
    pieces = [_inspected_files(files)] if files else []
    bad, streams = [], []
    for name in names:
        if name in files:
            continue
        data = open_as_it_is(name, data_dir)
        divided = data.parts.keys() != {"train"}
        bad.extend(data.bad)
        for split, part in data.parts.items():
            if part.indexed:
                pieces.append(_inspected(part, split * divided, data))
            else:
                streams.append((split, part))
    whole = _side_by_side(pieces)
    return dataclasses.replace(whole, bad=(*whole.bad, *bad), streams=tuple(streams))


def _is_data_set(name):
    path = Path(name)
    if path.is_file():
        return path.suffix.lower() in TABLES
    named = name.startswith("tfds:") or re.fullmatch(r"\w+(:[\w.]+)?", name)
    return bool(named) and not path.exists()


def _inspected(part, split, data):
    if part.looks is None:
        part = dataclasses.replace(part, looks=looks_of(part))
    return Inspected(
        names=np.array([part.name(position) for position in range(part.count)], object),
        splits=np.full(part.count, split, object),
        labels=np.array(data.classes_of(part), object),
        pictures=appearance(part),
    )


def _inspected_files(names):
    verdicts = check_images(find_photos(names), cache=cache_folder() / "verdicts.json")
    good = [verdict for verdict in verdicts if verdict.good]
    paths = [str(verdict.path) for verdict in good]
    known = {}
    for name in names:
        if Path(name).is_dir():
            known |= _arranged(name)
    rows = [known.get(path, ("", "")) for path in paths]
    looks = np.array([verdict.look for verdict in good], "U32")
    return Inspected(
        names=np.array(paths, object),
        splits=np.array([split for split, _ in rows], object),
        labels=np.array([label for _, label in rows], object),
        pictures=appearance(FileExamples(tuple(paths), looks=looks)),
        bad=tuple(verdict for verdict in verdicts if not verdict.good),
    )


def _arranged(folder):
    """Gives path -> (split, label) of the images of a folder that is a data set."""
    try:
        data = open_as_it_is(folder)
    except InputError:  # any folder of images may be looked at
        return {}
    divided = data.parts.keys() != {"train"}
    return {
        path: (split * divided, label)
        for split, part in data.parts.items()
        for path, label in zip(part.paths, data.classes_of(part), strict=True)
    }


def _side_by_side(pieces):
    """Gives several `Inspected` as one."""
    names, splits, labels = (
        np.array(
            [*itertools.chain(*(getattr(piece, kind) for piece in pieces))], object
        )
        for kind in ("names", "splits", "labels")
    )
    looks = [piece.pictures.looks for piece in pieces]
    ends = np.cumsum([len(own) for own in looks])

    def thumbnails(positions):
        found = np.empty((len(positions), SIDE, SIDE, 3), "uint8")
        numbers = np.searchsorted(ends, positions, side="right")
        for number in np.unique(numbers):
            mine = numbers == number
            own = positions[mine] - (ends[number] - len(looks[number]))
            found[mine] = pieces[number].pictures.thumbnails(own)
        return found

    whole = Appearance(np.concatenate([np.array([], "U32"), *looks]), thumbnails)
    bad = itertools.chain(*(piece.bad for piece in pieces))
    return Inspected(names, splits, labels, whole, bad=tuple(bad))


def streamed_twins(stream, others):
    """Reads examples once, and finds those with a twin among others.

    Args:
        stream: examples of any kind; nothing of them is kept.
        others: `Appearance`, best one that is `held`.

    Yields:
        (position, position of the twin among the others).
    """
    seen, first = each_look(stream), 0
    while some := list(itertools.islice(seen, STREAMED_AT_ONCE)):
        looks, thumbnails = zip(*some, strict=True)
        batch = Appearance(np.array(looks), np.stack(thumbnails).__getitem__)
        found = twins_among(batch, others)
        for position in np.flatnonzero(found >= 0):
            yield first + int(position), int(found[position])
        first += len(some)
