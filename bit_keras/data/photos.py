"""Photographs without labels: the files that the user named, as batches of images."""

import glob
import os
from pathlib import Path

import tensorflow as tf
from tqdm import tqdm

from bit_keras.data import images
from bit_keras.data.check import check_images, find_images
from bit_keras.data.pipelines import in_parallel
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


def thumbnails(paths, longest):
    """Makes a small picture of every file that can be read.

    Args:
        paths: list of image files.
        longest: of a picture's sides in pixels; smaller images keep their size.

    Yields:
        (path, bytes of a JPEG, its width, its height), in the order of `paths`.
    """

    def prepare(image):
        height_width = tf.shape(image)[:2]
        # In whole numbers: the long side comes out exact, a thin one is never lost.
        longer = tf.reduce_max(height_width)
        small = tf.maximum(1, height_width * tf.minimum(longest, longer) // longer)
        # Takes the bytes as they are: as floats a large photograph would fill 300 MB.
        image = tf.image.resize(image, small, method="area")
        image = tf.cast(tf.round(image), tf.uint8)
        return tf.io.encode_jpeg(image, quality=85), small

    bar = {"desc": "drawing", "unit": "photo", "delay": 1, "leave": False}
    with tqdm(total=len(paths), **bar) as progress:
        for position, picture in _decoded(paths, prepare).as_numpy_iterator():
            jpeg, (height, width) = picture
            yield paths[position], jpeg, int(width), int(height)
            progress.update(position + 1 - progress.n)


def _decoded(paths, prepare):
    """Gives a dataset of (position, what `prepare` makes of the image), in order."""
    table = tf.constant([os.fsencode(path) for path in paths], tf.string)

    def load(position):
        return position, prepare(images.read(table[position]))

    dataset = in_parallel(tf.data.Dataset.range(len(paths)), load)
    return dataset.ignore_errors(log_warning=False)


def unread(paths, positions):
    """Gives (path, reason) of the files that `photo_batches` passed over."""
    read = set(positions)
    rest = [path for position, path in enumerate(paths) if position not in read]
    return [(verdict.path, verdict.reason) for verdict in check_images(rest)]
