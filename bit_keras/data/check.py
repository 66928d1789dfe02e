"""Which image files can be used, found out before training and remembered."""

import dataclasses
import json
import os
from pathlib import Path

import tensorflow as tf
from tqdm import tqdm

from bit_keras.data import images

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".jpe", ".png", ".gif", ".bmp", ".webp")
# Image files all the same: they are named as unusable rather than passed over.
OTHER_SUFFIXES = (".tif", ".tiff", ".heic", ".heif", ".avif", ".jp2", ".jxl")


@dataclasses.dataclass(frozen=True)
class Verdict:
    """Whether an image file can be used.

    Args:
        path: `pathlib.Path`.
        good: bool.
        reason: why not, in a few words; empty for a good one.
        height, width: in pixels, after the EXIF turn; 0 for a bad one.
    """

    path: Path
    good: bool
    reason: str = ""
    height: int = 0
    width: int = 0


def find_images(folder):
    """Gives the image files below a folder, sorted; hidden ones are passed over."""
    found = []
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found.extend(
            Path(parent, name)
            for name in names
            if not name.startswith(".")
            and name.lower().endswith(IMAGE_SUFFIXES + OTHER_SUFFIXES)
        )
    return sorted(found)


def check_images(paths, *, cache=None):
    """Decodes every file once and gives a `Verdict` for each, in order.

    Args:
        paths: paths of image files.
        cache: JSON file that keeps verdicts; one holds as long as the file's size and
            time stay the same.
    """
    remembered = _read_cache(cache)
    paths = [Path(path) for path in paths]
    keys = [str(path.absolute()) for path in paths]
    stamps = [_stamp(path) for path in paths]
    verdicts = {
        position: Verdict(paths[position], *remembered[key]["verdict"])
        for position, key in enumerate(keys)
        if key in remembered and remembered[key]["stamp"] == stamps[position]
    }
    new = [position for position in range(len(paths)) if position not in verdicts]
    for position, verdict in zip(new, _look_at([paths[p] for p in new]), strict=True):
        verdicts[position] = verdict
        remembered[keys[position]] = {
            "stamp": stamps[position],
            "verdict": dataclasses.astuple(verdict)[1:],
        }
    if cache is not None and new:
        _write_cache(cache, remembered)
    return [verdicts[position] for position in range(len(paths))]


def _stamp(path):
    try:
        stat = path.stat()
    except OSError:
        return None
    return [stat.st_size, stat.st_mtime_ns]


def _look_at(paths):
    """Decodes the files in parallel; only their sizes leave the graph."""
    table = tf.constant([str(path) for path in paths], tf.string)

    def size(position):
        image = images.decode(tf.io.read_file(tf.gather(table, position)))
        return position, tf.shape(image)

    dataset = tf.data.Dataset.range(len(paths)).map(
        size, num_parallel_calls=tf.data.AUTOTUNE
    )
    sizes = {}
    bar = tqdm(total=len(paths), desc="checking", unit="image", delay=2, leave=False)
    for position, shape in dataset.ignore_errors().prefetch(64):
        sizes[int(position)] = shape.numpy()
        bar.update(int(position) + 1 - bar.n)
    bar.close()
    return [
        Verdict(path, True, "", int(sizes[i][0]), int(sizes[i][1]))
        if i in sizes
        else Verdict(path, False, _reason(path))
        for i, path in enumerate(paths)
    ]


def _reason(path):
    """Finds out in words why a file cannot be decoded."""
    try:
        contents = path.read_bytes()
    except OSError as error:
        return f"cannot be opened: {error.strerror}"
    if not contents:
        return "empty file"
    if path.suffix.lower() in OTHER_SUFFIXES:
        kind = path.suffix[1:].upper()
        return f"{kind} is not supported, convert it to JPEG or PNG"
    try:
        images.decode(contents)
    except (tf.errors.InvalidArgumentError, tf.errors.UnimplementedError) as error:
        return _in_words(error.message, contents)
    return "could not be read a first time; check again"


def _in_words(message, contents):
    for own in ("more than the limit", "the header is damaged", "is not supported"):
        if own in message:
            return next(line for line in message.splitlines() if own in line).strip(
                "{} "
            )
    if "not a JPEG, PNG, GIF" in message:
        start = contents[:15].decode("ascii", "replace").split("\n")[0]
        readable = start.isprintable() and start.isascii()
        return f"not an image: starts with '{start}'" if readable else "not an image"
    return "damaged or cut off"


def _read_cache(cache):
    try:
        entries = json.loads(Path(cache).read_text("utf-8"))
        return entries if isinstance(entries, dict) else {}
    except (TypeError, OSError, ValueError):  # none given, none yet, or damaged
        return {}


def _write_cache(cache, entries):
    cache = Path(cache)
    cache.parent.mkdir(parents=True, exist_ok=True)
    partial = cache.with_name(f"{cache.name}.{os.getpid()}.part")
    partial.write_text(json.dumps(entries), "utf-8")
    os.replace(partial, cache)
