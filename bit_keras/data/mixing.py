"""Mixtures of training examples: images and labels of a batch, within small groups."""

import dataclasses
from collections.abc import Callable

import tensorflow as tf

from bit_keras.data.order import fold


@dataclasses.dataclass(frozen=True)
class Mixer:
    """A way to mix the examples of a group.

    Args:
        mix: function (values, recipe, key) -> values; float32 images (group, height,
            width, channels), and what is mixed as they are, each (group, …).
        on: function from a recipe to whether it mixes.
        numbers: what its key is folded with, so that no two mixers draw the same;
            without any it is that of the group.
    """

    mix: Callable
    on: Callable
    numbers: tuple[int, ...]


def mixes(recipe):
    """Says whether examples are mixed with each other."""
    return any(mixer.on(recipe) for mixer in MIXERS.values())


def mix_groups(batch, recipe, first_group):
    """Mixes within each group of `recipe.mix_group` consecutive examples.

    The weighted cross-entropy is linear in weight times label. These products are
    mixed, so that the loss of a mixed image is the mixture of the two weighted losses.
    Where the loss asks which classes are in the image instead (`recipe.mixed_labels`),
    labels keep the shares of the images, and the weights are mixed by themselves.

    Args:
        batch: images (batch, height, width, channels), labels (batch, classes) and,
            where the loss is weighted, weights (batch,); all float32.
        recipe: its `mix_group` (0: the whole batch), `seed` and `mixed_labels`, and
            what mixers follow.
        first_group: number of the batch's first group in the whole run.

    Returns:
        The same, mixed.
    """
    batch_images, labels, *weights = batch
    linear = weights and recipe.mixed_labels == "soft"
    if linear:
        labels = labels * weights[0][:, tf.newaxis]
    group = recipe.mix_group or batch_images.shape[0]
    mixed = []
    for number in range(batch_images.shape[0] // group):
        part = slice(number * group, (number + 1) * group)
        values = tuple(value[part] for value in (batch_images, labels, *weights))
        key = tf.stack([tf.cast(recipe.seed, tf.int64), first_group + number])
        for mixer in MIXERS.values():
            if mixer.on(recipe):
                values = mixer.mix(values, recipe, fold(key, *mixer.numbers))
        mixed.append(values)
    batch_images, labels, *weights = (
        tf.concat(parts, axis=0) for parts in zip(*mixed, strict=True)
    )
    if linear:
        labels = tf.math.divide_no_nan(labels, weights[0][:, tf.newaxis])
    return batch_images, labels, *weights


def mixup(values, recipe, key):
    """MixUp, with a share from Beta(`mixup_alpha`, `mixup_alpha`)."""
    return mix(values, beta(recipe.mixup_alpha, key))


def mix(batch, share):
    """MixUp: `share` of each example and the rest of its partner, the reversed batch.

    Args:
        batch: float32 tensors (batch, …).
        share: scalar in 0..1.

    Reference: Zhang et al. 2018, https://arxiv.org/abs/1710.09412; the partner as in
        input_pipeline_tf2_or_jax.py of github.com/google-research/big_transfer.
    """
    share = tf.cast(share, tf.float32)
    return tuple(share * x + (1 - share) * tf.reverse(x, [0]) for x in batch)


def beta(alpha, key):
    """Draws from Beta(alpha, alpha), a float64 scalar in 0..1."""
    # Two float32 gamma variates of a small alpha would now and then both be zero.
    alphas = tf.constant([alpha, alpha], tf.float64)
    # The constant keeps this apart from the draws of the examples themselves.
    key = tf.stack([key[0] ^ 0x6D69785570, key[1]])
    draws = tf.random.stateless_gamma([2], key, alphas, dtype=tf.float64)
    return draws[0] / tf.reduce_sum(draws)


MIXERS = {"mixup": Mixer(mixup, on=lambda recipe: recipe.mixup_alpha > 0, numbers=())}
