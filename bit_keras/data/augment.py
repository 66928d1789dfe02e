"""Training-time changes of images; every random choice has its own stateless seed."""

import tensorflow as tf

from bit_keras.data import images


def random_crop_and_flip(image, recipe, seed):
    """Resizes to a square, cuts a random square from it and mirrors it half the time.

    Args:
        image: (height, width, channels), 0..255.
        recipe: its `resize`, `crop`, `random_crop` and `flip` are followed. Without
            `random_crop` the image is resized straight to the crop.
        seed: two integers.

    Returns:
        float32 (crop, crop, channels), 0..255.

    Reference: section 2.2 of https://arxiv.org/abs/1912.11370. Its TensorFlow code
        always mirrors (big_transfer issue 62); the paper and its PyTorch code mirror
        at random, as is done here.
    """
    crop = recipe.crop
    top, left, flip = tf.unstack(tf.random.stateless_uniform([3], seed))
    if recipe.random_crop:
        image = images.resize(image, (recipe.resize, recipe.resize))
        places = recipe.resize - crop + 1
        top, left = (tf.cast(place * places, tf.int32) for place in (top, left))
        image = image[top : top + crop, left : left + crop]
        image = tf.ensure_shape(image, (crop, crop, None))
    else:
        image = images.resize(image, (crop, crop))
    if recipe.flip:
        # A slice of step -1 would give the same, many times slower.
        image = tf.cond(flip < 0.5, lambda: tf.reverse(image, [1]), lambda: image)
    return image


def mix_groups(batch_images, labels, recipe, step):
    """Applies MixUp within each group of `recipe.mix_group` consecutive examples.

    Args:
        batch_images: float32 (batch, height, width, channels).
        labels: float32 (batch, classes).
        recipe: its `mixup_alpha`, `mix_group` (0: the whole batch) and `seed`.
        step: zero-based number of the batch.
    """
    group = recipe.mix_group or recipe.batch_size
    groups = recipe.batch_size // group
    mixed = []
    for number in range(groups):
        part = slice(number * group, (number + 1) * group)
        share = beta(recipe.mixup_alpha, [recipe.seed, step * groups + number])
        mixed.append(mix(batch_images[part], labels[part], share))
    return tuple(tf.concat(parts, axis=0) for parts in zip(*mixed, strict=True))


def mix(batch_images, labels, share):
    """MixUp: `share` of each example and the rest of its partner, the reversed batch.

    Reference: Zhang et al. 2018, https://arxiv.org/abs/1710.09412; the partner as in
        input_pipeline_tf2_or_jax.py of github.com/google-research/big_transfer.
    """
    share = tf.cast(share, tf.float32)
    return tuple(
        share * x + (1 - share) * tf.reverse(x, [0]) for x in (batch_images, labels)
    )


def beta(alpha, seed):
    """Draws from Beta(alpha, alpha), a float64 scalar in 0..1."""
    # Two float32 gamma variates of a small alpha would now and then both be zero.
    alphas = tf.constant([alpha, alpha], tf.float64)
    # The constant keeps this apart from the draws of the examples themselves.
    seed = tf.stack(
        [tf.cast(seed[0], tf.int64) ^ 0x6D69785570, tf.cast(seed[1], tf.int64)]
    )
    draws = tf.random.stateless_gamma([2], seed, alphas, dtype=tf.float64)
    return draws[0] / tf.reduce_sum(draws)
