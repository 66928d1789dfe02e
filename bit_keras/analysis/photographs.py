"""Photographs explained: why a network says a class of a file."""

import dataclasses
import io
from pathlib import Path

import numpy as np
from PIL import Image

from bit_keras.analysis.heat_maps import HeatMaps, directions, has_heat_maps
from bit_keras.data import images
from bit_keras.data.photos import photo_batches, thumbnails
from bit_keras.losses import probabilities
from bit_keras.models import for_inference

LARGEST_PICTURE = 384  # pixels


@dataclasses.dataclass(frozen=True)
class Explanation:
    """Why a network says a class of a photograph.

    Attributes:
        path: of the photograph.
        picture: uint8 (height, width, 3), what the network saw of it.
        heat_map: float32 (rows, columns) in logits; its mean is the logit, or the
            difference of two.
        class_name: what it speaks for.
        against: what that is told apart from; None for the logit as it is.
        probability: of the class.
    """

    path: Path
    picture: np.ndarray
    heat_map: np.ndarray
    class_name: str
    against: str | None
    probability: float


def explain(trained, paths, class_name=None, against=None):
    """Explains every photograph that can be read.

    Args:
        trained: `bit_keras.training.trained.Trained`, for photographs.
        paths: list of image files.
        class_name, against: see `bit_keras.analysis.heat_map`; the class that is
            predicted, and the logit as it is, without them.

    Returns:
        iterator of `Explanation`s, in the order of `paths`.

    Raises:
        InputError: if the network cannot be explained, or has no such class.
    """
    maps = HeatMaps(for_inference(trained.model))
    wanted, other = (
        None if name is None else trained.class_number(name)
        for name in (class_name, against)
    )
    return _explanations(maps, trained, paths, wanted, other)


def _explanations(maps, trained, paths, wanted, other):
    names = trained.class_names
    pictures = pictures_seen(paths, trained.preprocessing)
    for _, pixels in photo_batches(paths, trained.preprocessing):
        features, logits = map(np.asarray, maps.features_on_batch(pixels.numpy()))
        said = logits.argmax(-1) if wanted is None else np.full(len(logits), wanted)
        found = np.asarray(maps.of(features, directions(logits, said, other)))[:, 0]
        certain = np.asarray(probabilities(logits, trained.loss))
        for heat_map, number, row in zip(found, said, certain, strict=True):
            path, picture = next(pictures)
            yield Explanation(
                path=path,
                picture=picture,
                heat_map=heat_map,
                class_name=names[number],
                against=None if other is None else names[other],
                probability=float(row[number]),
            )
    next(pictures, None)  # ends its bar


def pictures_seen(paths, preprocessing):
    """Yields (path, uint8 array of what a network sees of it) of what can be read."""
    for path, jpeg, _, _ in thumbnails(paths, LARGEST_PICTURE):
        picture = np.asarray(Image.open(io.BytesIO(jpeg)).convert("RGB"))
        yield path, seen_part(picture, preprocessing)


def seen_part(picture, preprocessing):
    """Gives what a network sees of an image, in the image's own proportions.

    Args:
        picture: array (height, width, channels).
        preprocessing: `bit_keras.preprocessing.Preprocessing`.

    Returns:
        the array, or the square in its middle.
    """
    if not preprocessing.share:
        return picture
    height, width, _ = picture.shape
    side = min(height, width) * preprocessing.crop / preprocessing.short_side
    side = max(1, round(side))
    top, left = (height - side) // 2, (width - side) // 2
    return picture[top : top + side, left : left + side]


def contrasts(model, preprocessing):
    """Gives a function that explains one image, of any number of channels.

    Args:
        model: see `bit_keras.analysis.HeatMaps`.
        preprocessing: `bit_keras.preprocessing.Preprocessing`.

    Returns:
        function from an image (height, width, channels), 0..255, a class number and
        another or None to what the network sees of the image and the heat map
        (rows, columns); None where the network cannot be explained.
    """
    if not has_heat_maps(model):
        return None
    maps = HeatMaps(model)

    def explained(image, number, against=None):
        pixels = images.preprocess(image[None], preprocessing).numpy()
        features, logits = maps.features_on_batch(pixels)
        found = maps.of(features, directions(logits, number, against))
        return seen_part(image, preprocessing), np.asarray(found)[0, 0]

    return explained
