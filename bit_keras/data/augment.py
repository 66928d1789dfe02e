"""Training-time changes of images; every random choice has its own stateless seed."""

import tensorflow as tf

from bit_keras.data import images


def random_crop_and_flip(image, recipe, seed):
    """Cuts a random square of the recipe's size and mirrors it half the time.

    Args:
        image: (height, width, channels), 0..255.
        recipe: its `resize`, `crop`, `cropping`, `crop_area` and `flip` are followed.
        seed: two integers.

    Returns:
        float32 (crop, crop, channels), 0..255.

    Reference: section 2.2 of https://arxiv.org/abs/1912.11370. Its TensorFlow code
        always mirrors (big_transfer issue 62); the paper and its PyTorch code mirror
        at random, as is done here.
    """
    crop = recipe.crop
    top, left, flip = tf.unstack(tf.random.stateless_uniform([3], seed))
    if recipe.cropping == "inception":
        image = inception_crop(image, recipe.crop_area, seed)
        image = images.resize(image, (crop, crop))
    elif recipe.cropping == "random":
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


def inception_crop(image, smallest_area, seed):
    """Cuts a random part with sides between 3:4 and 4:3 from an image.

    Where none fits, as in an image one pixel high, it is the whole image.

    Args:
        image: (height, width, channels).
        smallest_area: share of the image's area that the part has at least.
        seed: two integers.

    Reference: `inception_crop` of github.com/google-research/big_vision.
    """
    start, size, _ = tf.image.stateless_sample_distorted_bounding_box(
        tf.shape(image),
        tf.zeros([1, 0, 4]),
        # A seed of its own: under one seed all operations draw the same numbers.
        tf.random.experimental.stateless_fold_in(tf.stack(seed), 1),
        min_object_covered=0.0,
        aspect_ratio_range=(3 / 4, 4 / 3),
        area_range=(smallest_area, 1.0),
        use_image_if_no_bounding_boxes=True,
    )
    (top, left, _), (height, width, _) = tf.unstack(start), tf.unstack(size)
    return image[top : top + height, left : left + width]


def mix_groups(batch, recipe, first_group):
    """Applies MixUp within each group of `recipe.mix_group` consecutive examples.

    The weighted cross-entropy is linear in weight times label. These products are
    mixed, so that the loss of a mixed image is the mixture of the two weighted losses.

    Args:
        batch: images (batch, height, width, channels), labels (batch, classes) and,
            where the loss is weighted, weights (batch,); all float32.
        recipe: its `mixup_alpha`, `mix_group` (0: the whole batch) and `seed`.
        first_group: number of the batch's first group in the whole run.

    Returns:
        The same, mixed.
    """
    batch_images, labels, *weights = batch
    if weights:
        labels = labels * weights[0][:, tf.newaxis]
    group = recipe.mix_group or batch_images.shape[0]
    mixed = []
    for number in range(batch_images.shape[0] // group):
        part = slice(number * group, (number + 1) * group)
        share = beta(recipe.mixup_alpha, [recipe.seed, first_group + number])
        mixed.append(
            mix([values[part] for values in (batch_images, labels, *weights)], share)
        )
    batch_images, labels, *weights = (
        tf.concat(parts, axis=0) for parts in zip(*mixed, strict=True)
    )
    if weights:
        labels = tf.math.divide_no_nan(labels, weights[0][:, tf.newaxis])
    return batch_images, labels, *weights


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
