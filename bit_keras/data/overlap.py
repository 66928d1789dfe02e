"""Images known again by what they hold, however they are kept."""

import hashlib
from pathlib import Path

import numpy as np
import tensorflow as tf
from tqdm import tqdm

from bit_keras.data.examples import ArrayExamples, FileExamples
from bit_keras.errors import InputError


def positions_of_new(examples, known):
    """Finds the examples that are not among others of another kind.

    Files and records are the same where the bytes of their images are; where one side
    is arrays, pixels are compared. Labels do not count.

    Args:
        examples, known: examples that can be had one by one.

    Returns:
        int64 array of positions, sorted.

    Raises:
        InputError: if either are too many to be looked at one by one.
    """
    if not (examples.indexed and known.indexed):
        raise InputError("they are too many to be compared")
    sides = (examples, known)
    pixels = any(isinstance(side, ArrayExamples) for side in sides)
    own, others = map(_of_pixels if pixels else _of_encoded, sides)
    others = set(others)
    new = [position for position, digest in enumerate(own) if digest not in others]
    return np.array(new, "int64")


def _of_encoded(examples):
    if isinstance(examples, FileExamples):
        encoded = (Path(path).read_bytes() for path in examples.paths)
    else:
        positions = tf.data.Dataset.range(examples.count)
        encoded = positions.map(
            lambda position: examples.encoded_image(examples.record(position)),
            num_parallel_calls=tf.data.AUTOTUNE,
        ).as_numpy_iterator()
    for contents in _with_bar(encoded, examples.count):
        yield _digest(contents)


def _of_pixels(examples):
    images = examples.one_pass(lambda image, *label: image).as_numpy_iterator()
    for image in _with_bar(images, examples.count):
        whole = np.round(image).astype("uint8")
        yield _digest(repr(whole.shape).encode() + whole.tobytes())


def _digest(contents):
    return hashlib.sha256(contents).digest()


def _with_bar(items, count):
    bar = {"desc": "comparing", "unit": "image", "delay": 2, "leave": False}
    return tqdm(items, total=count, **bar)
