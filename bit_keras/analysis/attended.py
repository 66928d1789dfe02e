"""What a ViT looked at in photographs, and what it has learned to look at."""

import dataclasses
from pathlib import Path

import numpy as np

from bit_keras.analysis.attention import (
    AttentionMaps,
    filters,
    mean_attention_distance,
    on_grid,
    position_similarity,
    rollout,
)
from bit_keras.analysis.photographs import pictures_seen
from bit_keras.data.photos import photo_batches
from bit_keras.errors import InputError
from bit_keras.losses import probabilities
from bit_keras.models import for_inference

MOST_AT_ONCE = 32  # photographs
MOST_FLOATS = 2**27  # weights of attention at once, half a gigabyte
FOR_DISTANCES = 128  # photographs at least, as many as the paper takes


@dataclasses.dataclass(frozen=True)
class Attended:
    """Where a ViT looked in a photograph, whatever class it names.

    Attributes:
        path: of the photograph.
        picture: uint8 (height, width, 3), what the network saw of it.
        attention, without_residual: float64 (rows, columns), of which 1 is the mean;
            see `bit_keras.analysis.rollout`.
        class_name: the class that is predicted.
        probability: of the class.
    """

    path: Path
    picture: np.ndarray
    attention: np.ndarray
    without_residual: np.ndarray
    class_name: str
    probability: float


@dataclasses.dataclass(frozen=True)
class Insides:
    """What a ViT has learned to look at.

    Attributes:
        distances: float64 (blocks, heads), how far attention reaches, in pixels.
        images: how many photographs that was measured on.
        filters: of `bit_keras.analysis.filters`; None of a hybrid.
        positions: of `bit_keras.analysis.position_similarity`; None where they are not
            learned.
    """

    distances: np.ndarray
    images: int
    filters: np.ndarray | None
    positions: np.ndarray | None


def attended(trained, paths):
    """Tells of every photograph that can be read where the network looked.

    Args:
        trained: `bit_keras.training.trained.Trained`, a ViT for photographs.
        paths: list of image files.

    Yields:
        `Attended`, in the order of `paths`.

    Raises:
        InputError: if the network has no attention.
    """
    maps = AttentionMaps(for_inference(trained.model))
    pictures = pictures_seen(paths, trained.preprocessing)
    for attention, probe, logits in _passes(maps, trained, paths):
        certain = np.asarray(probabilities(logits, trained.loss))
        looked, direct = (
            on_grid(rollout(attention, residual), maps.grid, probe)
            for residual in (True, False)
        )
        for one, other, row in zip(looked, direct, certain, strict=True):
            path, picture = next(pictures)
            yield Attended(
                path=path,
                picture=picture,
                attention=one / one.mean(),
                without_residual=other / other.mean(),
                class_name=trained.class_names[row.argmax()],
                probability=float(row.max()),
            )
    next(pictures, None)  # ends its bar


def insides(trained, paths):
    """Looks into a ViT, with the first photographs that can be read.

    Args:
        trained: `bit_keras.training.trained.Trained`, a ViT for photographs.
        paths: list of image files, of which one at least can be read.

    Returns:
        `Insides`.

    Raises:
        InputError: if the network has no attention.
    """
    maps = AttentionMaps(for_inference(trained.model))
    total, images = 0, 0
    for attention, _, _ in _passes(maps, trained, paths):
        count = attention.shape[1]
        far = mean_attention_distance(attention, maps.grid, maps.stride)
        total, images = total + count * far, images + count
        if images >= FOR_DISTANCES:
            break
    return Insides(
        distances=total / images,
        images=images,
        filters=_or_none(filters, trained.model),
        positions=_or_none(position_similarity, trained.model),
    )


def _passes(maps, trained, paths):
    size = min(MOST_AT_ONCE, max(1, MOST_FLOATS // maps.floats))
    for _, pixels in photo_batches(paths, trained.preprocessing, batch_size=size):
        yield maps.on_batch(pixels.numpy())


def _or_none(look, model):
    try:
        return look(model)
    except InputError:
        return None
