"""Photographs without labels: the files that the user named, as batches of images."""

import glob
import os
from pathlib import Path

import tensorflow as tf

from bit_keras.data import images
from bit_keras.data.check import check_images, find_images
from bit_keras.errors import InputError
from bit_keras.files import require_regular


def find_photos(names):
    """Gives the image files among files, folders and glob patterns, in that order.

    Raises:
        InputError: if a name matches nothing.
    """
    paths = []
    for name in names:
        path = Path(name)
        if path.is_dir():
            found = find_images(path)
        elif path.exists():
            require_regular(path)
            found = [path]
        else:
            matches = map(Path, sorted(glob.glob(name, recursive=True)))
            found = [match for match in matches if match.is_file()]
        if not found:
            if path.is_dir():
                raise InputError(f"The folder '{name}' holds no images.")
            raise InputError(f"There is no file '{name}', and none matches it.")
        paths.extend(found)
    return list(dict.fromkeys(paths))


def photo_batches(paths, preprocessing, *, batch_size=32):
    """Decodes every file once; files that cannot be read are passed over.

    Args:
        paths: of image files.
        preprocessing: `bit_keras.preprocessing.Preprocessing`.
        batch_size: int.

    Returns:
        `tf.data.Dataset` of (positions int64 (batch,), images float32 (batch, crop,
        crop, 3) in 0..255). The positions say which of `paths` were read.
    """

    def prepare(image):
        return images.preprocess(image, preprocessing)

    return _decoded(paths, prepare).batch(batch_size).prefetch(1)


def thumbnails(paths, side):
    """Yields (position in `paths`, uint8 image whose sides are at most `side`).

    Files that cannot be read are passed over.
    """

    def reduce(image):
        size = tf.cast(tf.shape(image)[:2], tf.float32)
        factor = tf.minimum(1.0, side / tf.reduce_max(size))
        size = tf.cast(tf.maximum(tf.round(size * factor), 1), tf.int32)
        image = tf.image.resize(image, size, antialias=True)
        return tf.saturate_cast(tf.round(image), tf.uint8)

    yield from _decoded(paths, reduce).as_numpy_iterator()


def _decoded(paths, prepare):
    """Gives a dataset of (position, what `prepare` makes of the image) in order."""
    table = tf.constant([os.fsencode(path) for path in paths], tf.string)

    def load(position):
        return position, prepare(images.read(table[position]))

    dataset = tf.data.Dataset.range(len(paths))
    return dataset.map(load, num_parallel_calls=tf.data.AUTOTUNE).ignore_errors()


def unread(paths, positions):
    """Gives (path, reason) of the files that `photo_batches` passed over."""
    read = set(positions)
    rest = [path for position, path in enumerate(paths) if position not in read]
    return [(verdict.path, verdict.reason) for verdict in check_images(rest)]
