"""Which image files can be used: every file is decoded once, before training.

A broken file is named with its reason instead of stopping a run at hour three. The
verdicts can be kept, and then the next run over the same files starts at once.
"""

import dataclasses
import itertools
import json
import os
import re
import warnings
from pathlib import Path

import tensorflow as tf
from tqdm import tqdm

from bit_keras import files
from bit_keras.data import conversion, copies, headers, images, looks
from bit_keras.data.conversion import UNREADABLE
from bit_keras.data.pipelines import in_parallel
from bit_keras.data.tree import read_tree
from bit_keras.errors import InputError

_DECODABLE = (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".gif", ".bmp", ".dib", ".webp")
# Files with a suffix that cannot be decoded are listed too: to be named, not to vanish.
IMAGE_SUFFIXES = (*_DECODABLE, *conversion.SUFFIXES)

# To be raised when `images.read` takes or refuses other files, or looks change.
_CACHE_VERSION = 3


@dataclasses.dataclass(frozen=True)
class Verdict:
    """Whether an image file can be used.

    Args:
        path: `pathlib.Path` of the file.
        good: bool. Whether it can be decoded.
        reason: str. Why not, in a few words; empty for a good file.
        height: int. In pixels, upright, after the EXIF turn; 0 for a bad file.
        width: int. Likewise.
        look: str. See `bit_keras.data.looks`; empty for a bad file.
    """

    path: Path
    good: bool
    reason: str = ""
    height: int = 0
    width: int = 0
    look: str = ""


def find_images(folder):
    """Lists the files below a folder that are named as images, sorted.

    Other names are passed over, and what `read_tree` does.

    Args:
        folder: path of the folder.

    Returns:
        list of `pathlib.Path`, each beginning with `folder`.

    Raises:
        InputError: if the folder, or one below it, cannot be listed.
    """
    return read_tree(folder, is_image_name).all_images()


def is_image_name(name):
    """Says whether a file is named as an image, also of a kind that cannot be read."""
    return name.lower().endswith(IMAGE_SUFFIXES)


def check_images(paths, *, cache=None):
    """Decodes every file once, in parallel, and says which can be used.

    A bar on stderr shows the time left if it takes more than two seconds.

    Args:
        paths: paths of image files.
        cache: path of a JSON file that keeps the verdicts, or None. A verdict holds for
            as long as size and modification time of the file do not change.

    Returns:
        list of `Verdict`, in the order of `paths`.
    """
    paths = [Path(path) for path in paths]
    kept = {} if cache is None else _read_cache(cache)
    stamps = [_stamp(path) for path in paths]
    verdicts = [_kept_verdict(kept, *pair) for pair in zip(paths, stamps, strict=True)]
    new = [position for position, verdict in enumerate(verdicts) if verdict is None]
    fresh = _decode_all([paths[position] for position in new]) if new else ()
    try:
        for position, verdict in zip(new, fresh, strict=True):
            verdicts[position] = verdict
            # Rights can be given without a trace in size or time.
            if stamps[position] and not verdict.reason.startswith(UNREADABLE):
                entry = [*stamps[position], *dataclasses.astuple(verdict)[1:]]
                kept[os.path.abspath(verdict.path)] = entry
    finally:  # an interrupted check goes on where it stopped
        if cache is not None and new:
            _write_cache(cache, kept)
    return verdicts


def _decode_all(paths):
    """Yields the verdict of each file, in order."""
    table = tf.constant([os.fsencode(path) for path in paths], tf.string)

    def seen(position):
        return position, looks.glance(images.read(table[position]))

    dataset = in_parallel(tf.data.Dataset.range(len(paths)), seen)
    glances = dataset.ignore_errors(log_warning=False).prefetch(64).as_numpy_iterator()
    bar = {"desc": "checking images", "unit": "image", "delay": 2, "leave": False}
    following = 0
    with tqdm(total=len(paths), **bar) as progress:
        for position, glance in itertools.chain(glances, [(len(paths), None)]):
            for missed in paths[following:position]:
                yield Verdict(missed, False, bad_reason(missed))
            if glance is not None:
                _, _, size = glance
                look = looks.look_of(*glance)
                yield Verdict(paths[position], True, "", *size.tolist(), look)
            progress.update(position + 1 - following)
            following = position + 1


def bad_reason(path):
    """Finds out in a few words why a file cannot be decoded.

    Args:
        path: path of a file at which `images.read` failed.
    """
    path = Path(path)
    try:
        contents = path.read_bytes()
    except OSError as error:
        return f"{UNREADABLE}{error.strerror}"
    if not contents:
        return "empty file"
    try:
        _decode_in_graph(copies.readable(contents))
    except InputError as error:
        return str(error)
    except tf.errors.OpError as error:
        return _in_words(error.message, contents, path.suffix.lower())
    return "could not be decoded the first time; check again"


_decode_in_graph = tf.function(
    images.decode, input_signature=[tf.TensorSpec((), tf.string)], autograph=False
)


def _in_words(message, contents, suffix):
    asserted = re.search(r"assertion failed: \[(.*)\]", message)
    parts = asserted[1].split("] [") if asserted else []
    kind = headers.FORMATS[int(headers.file_format(contents))]
    if kind == "unknown":
        return _what_else(contents, suffix)
    if len(parts) == 3:
        height, width = parts[1].split()
        return f"{width} x {height} {parts[2]}"
    if parts:
        return parts[0]
    return f"damaged or cut off: its {kind.upper()} data cannot be decoded"


def _what_else(contents, suffix):
    if kind := conversion.SUFFIXES.get(suffix):
        return f"not the {kind} file that its name says it is"
    text = contents[:20].decode("utf-8", "replace").split("\n")[0].strip()
    if text.isascii() and text.isprintable() and len(text) > 3:
        return f"not an image: starts with '{text}'"
    return f"not an image: starts with the bytes {contents[:8].hex(' ')}"


def _stamp(path):
    try:
        stat = path.stat()
    except OSError:  # has gone: the verdict will say so
        return None
    return [stat.st_size, stat.st_mtime_ns]


def _kept_verdict(kept, path, stamp):
    entry = kept.get(os.path.abspath(path))
    if stamp is None or entry is None or entry[:2] != stamp:
        return None
    return Verdict(path, *entry[2:])


def _read_cache(cache):
    try:
        kept = json.loads(Path(cache).read_text("utf-8"))
        if kept["version"] == _CACHE_VERSION:
            return dict(kept["verdicts"])
    except (OSError, ValueError, TypeError, KeyError):
        pass  # none yet, or damaged
    return {}


def _write_cache(cache, verdicts):
    try:
        files.write(cache, {"version": _CACHE_VERSION, "verdicts": verdicts})
    except InputError as error:  # a lost memory must not cost the user the work
        warnings.warn(f"The verdicts are not remembered: {error}", stacklevel=3)
