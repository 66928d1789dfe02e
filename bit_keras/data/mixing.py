"""Mixtures of training examples: images and labels of a batch, within small groups.

An example is mixed with its partner, that of the same place in the reversed group; the
middle one of an odd group is its own partner, and stays as it is.
"""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from bit_keras.data.order import fold
from bit_keras.errors import InputError

# Keeps the draws of a group apart from those of the examples themselves.
_GROUPS = 0x6D69785570


class Draws(NamedTuple):
    """What is drawn for mixtures; tensors (groups, draws).

    Of one draw in a group all its examples make use, else each has its own.

    Args:
        cut: bool: CutMix, else MixUp.
        share: float64 in 0..1: what an example keeps of itself.
        centre: float32 (groups, draws, 2) in 0..1: of the box that CutMix takes from
            the partner, as shares of height and width.
    """

    cut: tf.Tensor
    share: tf.Tensor
    centre: tf.Tensor


# Names of `Recipe.mix_mode` -> function from the number of examples in a group to which
# of the group's draws each of them has.
DRAW_OF = {
    "batch": lambda group: np.zeros(1, int),
    "pair": lambda group: np.minimum(np.arange(group), np.arange(group)[::-1]),
    "elem": np.arange,
}


def mixup(images, labels, *, key, alpha=0.2):
    """Mixes a batch with itself reversed by MixUp, with one share for the whole batch.

    ::

        batches.enumerate().map(
            lambda number, batch: bk.data.mixup(*batch, key=(seed, number))
        )

    Args:
        images: (batch, height, width, channels), any real dtype and range.
        labels: (batch, classes), one-hot, or 0 and 1 for several labels per image.
        key: two integers, or int64 (2,), other ones for every batch; the same key
            draws the same share.
        alpha: above 0; the share is drawn from Beta(alpha, alpha).

    Returns:
        float32 images and labels of the same shapes.

    Raises:
        InputError: if alpha is not above 0, or labels are class numbers.

    Reference: Zhang et al. 2018, https://arxiv.org/abs/1710.09412; the partner as in
        input_pipeline_tf2_or_jax.py of github.com/google-research/big_transfer.
    """
    return _alone(images, labels, key, alpha, mixup_alpha=alpha)


def cutmix(images, labels, *, key, alpha=1.0):
    """Puts a box of the partner into each image of a batch, the same box for all.

    The box covers 1 - share of the image, as far as it does not stand out; labels are
    mixed by the share of the image that is left.

    ::

        batches.enumerate().map(
            lambda number, batch: bk.data.cutmix(*batch, key=(seed, number))
        )

    Args, returns, raises: as `mixup`.

    Reference: Yun et al. 2019, https://arxiv.org/abs/1905.04899; the box as in
        data/mixup.py of github.com/huggingface/pytorch-image-models (timm).
    """
    return _alone(images, labels, key, alpha, cutmix_alpha=alpha)


def _alone(images, labels, key, alpha, **alphas):
    if not alpha > 0:
        raise InputError(f"MixUp and CutMix take an alpha above 0. Received: {alpha}")
    values = [tf.cast(value, tf.float32) for value in (images, labels)]
    if values[1].shape.rank != 2:
        raise InputError(
            "Labels to mix are (batch, classes), such as tf.one_hot gives of class "
            f"numbers. Received: {values[1].shape}"
        )
    drawn = draw(tf.convert_to_tensor(key, tf.int64), 1, **alphas)
    draws = Draws(*(x[tf.newaxis] for x in drawn))
    mixed = mix([value[tf.newaxis] for value in values], draws)
    return tuple(value[0] for value in mixed)


def mix_groups(batch, recipe, first_group):
    """Mixes within each group of `recipe.mix_group` consecutive examples.

    The weighted cross-entropy is linear in weight times label. These products are
    mixed, so that the loss of a mixed image is the mixture of the two weighted losses.

    Args:
        batch: images (batch, height, width, channels), labels (batch, classes) and,
            where the loss is weighted, weights (batch,); all float32.
        recipe: its `seed`, and its fields on mixing.
        first_group: number of the batch's first group in the whole run.

    Returns:
        The same, mixed.
    """
    images, labels, *weights = batch
    if weights:
        labels = labels * weights[0][:, tf.newaxis]
    group = recipe.mix_group or images.shape[0]
    groups = tf.range(images.shape[0] // group, dtype=tf.int64)
    draws = _draws_of(first_group + groups, group, recipe)
    values = (images, labels, *weights)
    apart = [tf.reshape(x, [-1, group, *x.shape[1:]]) for x in values]
    mixed = zip(mix(apart, draws), values, strict=True)
    images, labels, *weights = (tf.reshape(x, old.shape) for x, old in mixed)
    if weights:
        labels = tf.math.divide_no_nan(labels, weights[0][:, tf.newaxis])
    return images, labels, *weights


def _draws_of(numbers, group, recipe):
    """Gives the `Draws` of groups of these numbers in the run."""
    which = DRAW_OF[recipe.mix_mode](group)

    def of_group(number):
        draws = draw(
            tf.stack([tf.cast(recipe.seed, tf.int64), number]),
            which.max() + 1,
            mixup_alpha=recipe.mixup_alpha,
            cutmix_alpha=recipe.cutmix_alpha,
            cutmix_share=recipe.cutmix_share,
            probability=recipe.mix_probability,
        )
        return Draws(*(tf.gather(values, which) for values in draws))

    kinds = Draws(tf.bool, tf.float64, tf.float32)
    return tf.map_fn(of_group, numbers, fn_output_signature=kinds)


def draw(
    key, count, *, mixup_alpha=0.0, cutmix_alpha=0.0, cutmix_share=0.5, probability=1.0
):
    """Draws mixtures as timm does: whether one is mixed, by what, and how much.

    Args:
        key: int64 (2,), the seed and the number of the group in the run.
        count: number of draws.
        mixup_alpha, cutmix_alpha, cutmix_share, probability: see `Recipe`; one of the
            two alphas at least is above 0.

    Returns:
        `Draws` (count,).
    """
    key = tf.stack([key[0] ^ _GROUPS, key[1]])
    cutting = cutmix_share if mixup_alpha else 1.0
    uniform = tf.random.stateless_uniform([count, 4], fold(key, 1))
    cut = uniform[:, 0] < (cutting if cutmix_alpha else 0.0)
    alphas = tf.where(cut, tf.cast(cutmix_alpha, tf.float64), mixup_alpha)
    share = tf.where(uniform[:, 1] < probability, beta(alphas, key), 1.0)
    return Draws(cut, share, uniform[:, 2:])


def beta(alphas, key):
    """Draws from Beta(alpha, alpha) for each of some alphas, float64; in 0..1."""
    # Two float32 gamma variates of a small alpha would now and then both be zero.
    alphas = tf.stack([alphas, alphas], axis=-1)
    draws = tf.random.stateless_gamma(tf.shape(alphas), key, alphas, dtype=tf.float64)
    return draws[..., 0] / tf.reduce_sum(draws, axis=-1)


def mix(values, draws):
    """Mixes each example with its partner.

    Args:
        values: float32 tensors: images (groups, group, height, width, channels), and
            what is mixed in the same shares, (groups, group, …).
        draws: `Draws`.

    Returns:
        list of the same. Images are not rounded.
    """
    images, *others = values
    kept, left = _outside_box(images, draws)
    # Exact: what CutMix keeps it keeps whole, and MixUp has no box.
    share = tf.where(~draws.cut, draws.share, 1.0)
    of_labels = tf.cast(share * left, tf.float32)
    of_pixels = kept * _like(tf.cast(share, tf.float32), kept)
    return [_between(images, of_pixels), *(_between(x, of_labels) for x in others)]


def _outside_box(images, draws):
    """Gives 1 where CutMix keeps an image and 0 in its box, and the share kept.

    Returns:
        float32 (groups, draws, height, width, channels), float64 (groups, draws).
    """
    _, _, height, width, channels = tf.unstack(tf.shape(images))
    size = tf.stack([height, width])
    side = tf.where(draws.cut, tf.sqrt(1 - draws.share), 0.0)[..., tf.newaxis]
    side = tf.cast(side * tf.cast(size, tf.float64), tf.int32)
    centre = tf.cast(draws.centre * tf.cast(size, tf.float32), tf.int32)
    low = centre - side // 2
    low, high = tf.maximum(low, 0), tf.minimum(low + side, size)
    rows, columns = (
        (low[..., axis, tf.newaxis] <= places) & (places < high[..., axis, tf.newaxis])
        for axis, places in enumerate([tf.range(height), tf.range(width)])
    )
    kept = ~(rows[..., tf.newaxis] & columns[..., tf.newaxis, :])
    # In all channels, as TensorFlow is slow in spreading them.
    kept = tf.repeat(tf.cast(kept, tf.float32)[..., tf.newaxis], channels, axis=-1)
    area = tf.reduce_prod(high - low, axis=-1) / tf.reduce_prod(size)
    return kept, 1 - area


def _between(values, shares):
    """Gives so much of each value, and the rest of its partner."""
    shares = _like(shares, values)
    return shares * values + (1 - shares) * tf.reverse(values, [1])


def _like(shares, values):
    """Gives shares as many dimensions as values have."""
    ones = [1] * (values.shape.rank - shares.shape.rank)
    return tf.reshape(shares, [*tf.unstack(tf.shape(shares)), *ones])
