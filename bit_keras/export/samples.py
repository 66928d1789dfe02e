"""Images to compare an export on, and to calibrate one on."""

import dataclasses

import numpy as np
import tensorflow as tf

from bit_keras.data import evaluation_batches
from bit_keras.data.photos import find_photos, photo_batches
from bit_keras.errors import InputError
from bit_keras.training.tasks import data_of

COMPARED = 16
CALIBRATED = 64


@dataclasses.dataclass(frozen=True)
class Samples:
    """Images as the network gets them.

    Args:
        compared: uint8 (images, crop, crop, channels), at most `COMPARED`.
        calibration: the same, at most `CALIBRATED`; None if not asked for, or if there
            are no real ones.
        source: what they are, for people.
    """

    compared: np.ndarray
    calibration: np.ndarray | None
    source: str


def samples_of(trained, run=None, photos=None, calibrate=False):
    """Gives photographs if there are any, else images of the run, else noise.

    Those of a run are test images to compare on, and training images to calibrate on,
    each spread over the whole split.

    Args:
        trained: `bit_keras.training.trained.Trained`.
        run: `bit_keras.training.run_folder.Run`, or None.
        photos: files, folders and patterns, or None.
        calibrate: give images to calibrate on, too.

    Raises:
        InputError: if the photographs cannot be read.
    """
    if photos:
        return _of_photos(trained, photos, calibrate)
    if run is None:
        return _noise(trained, "no photographs were named with --images")
    try:
        # Split as the run split it, or images it was trained on would be tested.
        data = data_of(run)
    except InputError as error:
        return _noise(trained, f"the run's data set is not there any more ({error})")
    return Samples(
        _of_part(trained, data.part("test"), COMPARED),
        _of_part(trained, data.part("train"), CALIBRATED) if calibrate else None,
        f"test images of {data.name}",
    )


def _of_photos(trained, photos, calibrate):
    trained.require_channels(3)
    paths = _spread(find_photos(photos), CALIBRATED if calibrate else COMPARED)
    batches = [
        images.numpy() for _, images in photo_batches(paths, trained.preprocessing)
    ]
    if not batches:
        raise InputError("None of the files after --images can be read.")
    images = _as_pixels(np.concatenate(batches))
    calibration = images if calibrate else None
    return Samples(_spread(images, COMPARED), calibration, "photographs")


def _of_part(trained, part, count):
    if part.indexed:  # a stream is too long for its middle to be reached
        part = part.take(_spread(np.arange(part.count), count))
    batches = evaluation_batches(part, trained.preprocessing, len(trained.class_names))
    images = batches.map(lambda images, _: images).unbatch().take(count)
    return _as_pixels(np.stack(list(images.as_numpy_iterator())))


def _noise(trained, reason):
    channels = trained.model.input_shape[-1]
    shape = (COMPARED, trained.crop, trained.crop, channels)
    pixels = np.random.default_rng(0).integers(0, 256, shape, "uint8")
    return Samples(pixels, None, f"images of noise, because {reason}")


def _spread(values, count):
    places = np.linspace(0, len(values) - 1, min(count, len(values)))
    chosen = [values[place] for place in places.round().astype(int)]
    return np.stack(chosen) if isinstance(values, np.ndarray) else chosen


def _as_pixels(images):
    return tf.cast(tf.round(images), tf.uint8).numpy()
