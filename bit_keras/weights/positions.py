"""Learned positions of a grid of patches, for another grid."""

import numpy as np

INTERPOLATIONS = ("bilinear", "bicubic")


def resize_positions(array, before, after, interpolation="bilinear"):
    """Resizes learned positions from a grid to another.

    What comes before the patches stays. "bilinear" keeps the corners in the same place,
    as `scipy.ndimage.zoom` of order 1 does it in vit_jax/checkpoint.py. "bicubic" keeps
    the borders of the patches in place and averages where the grid becomes smaller, as
    `resample_abs_pos_embed` of timm does unless told (torch's bicubic with antialias,
    which follows Pillow's): the cubic of Keys with a = -0.5, whose weights are scaled
    to a sum of 1 at the borders.

    Args:
        array: (1, extra + rows * columns, hidden).
        before, after: grids, (rows, columns).
        interpolation: one of `INTERPOLATIONS`.

    Returns:
        float32 array (1, extra + rows * columns of the new grid, hidden).
    """
    if tuple(before) == tuple(after):
        return array
    extra = array.shape[1] - before[0] * before[1]
    patches = array[0, extra:].reshape(*before, -1).astype("float64")
    weights = _bicubic if interpolation == "bicubic" else _bilinear
    rows, columns = map(weights, before, after)
    patches = columns @ np.tensordot(rows, patches, 1)
    patches = patches.reshape(1, after[0] * after[1], -1).astype("float32")
    return np.concatenate([array[:, :extra], patches], axis=1)


def _bilinear(before, after):
    """Gives what the old places of an axis weigh in the new ones, (after, before)."""
    places = np.linspace(0, before - 1, after)
    return np.maximum(0, 1 - abs(places[:, None] - np.arange(before)))


def _bicubic(before, after):
    """As `_bilinear`."""
    places = (np.arange(after) + 0.5) * before / after - 0.5
    distances = abs(places[:, None] - np.arange(before)) / max(1, before / after)
    near = (1.5 * distances - 2.5) * distances**2 + 1
    far = ((2.5 - 0.5 * distances) * distances - 4) * distances + 2
    weights = np.where(distances < 1, near, np.where(distances < 2, far, 0))
    return weights / weights.sum(axis=1, keepdims=True)
