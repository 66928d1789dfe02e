"""Random erasing: noise in the place of a rectangle."""

import tensorflow as tf

from bit_keras.data.order import fold
from bit_keras.preprocessing import IMAGENET_DEVIATION, IMAGENET_MEAN

AREAS = (0.02, 1 / 3)  # share of the image that a rectangle has
SHAPE = 1 / 0.3  # its longer side by its shorter one, at most
TRIES = 10


def random_erasing(image, key, probability):
    """Puts noise in the place of a random rectangle, with a probability.

    Every value of it is drawn by itself from the normal distribution with the mean and
    deviation of ImageNet's channels, and may lie beyond 0..255: timm erases what has
    been normalised with these, so that its noise has mean 0 and deviation 1. Of the
    first ten rectangles that are drawn it takes the first one that fits in, if any.

    Args:
        image: (height, width, channels), any real dtype, 0..255; the channels known.
        key: int64 (2,), which decides all that is drawn.
        probability: 0 to 1.

    Returns:
        float32 of the same shape.

    Reference: Zhong et al. 2017, https://arxiv.org/abs/1708.04896; `RandomErasing` of
        timm 1.0 in its mode "pixel", which DeiT is trained with.
    """
    image = tf.cast(image, tf.float32)
    draws = tf.random.stateless_uniform([1 + 4 * TRIES], key)
    box = _rectangle(tf.shape(image), tf.reshape(draws[1:], [4, TRIES]))
    chosen = (draws[0] < probability) & (box[2] > 0)
    erased = tf.cond(chosen, lambda: _erased(image, box, key), lambda: image)
    return tf.ensure_shape(erased, image.shape)


def _rectangle(shape, draws):
    """Gives (top, left, height, width) of the first that fits, of none without any."""
    height, width = (tf.cast(side, tf.float32) for side in (shape[0], shape[1]))
    areas = height * width * (AREAS[0] + (AREAS[1] - AREAS[0]) * draws[0])
    shapes = SHAPE ** (2 * draws[1] - 1)
    heights = tf.round(tf.sqrt(areas * shapes))
    widths = tf.round(tf.sqrt(areas / shapes))
    fits = (heights < height) & (widths < width)
    tops = tf.floor(draws[2] * (height - heights + 1))
    lefts = tf.floor(draws[3] * (width - widths + 1))
    boxes = tf.stack([tops, lefts, heights, widths], axis=1)
    first = boxes[tf.argmax(fits)] * tf.cast(tf.reduce_any(fits), tf.float32)
    return tf.unstack(tf.cast(first, tf.int32))


def _erased(image, box, key):
    top, left, height, width = box
    channels = image.shape[-1]
    mean, deviation = IMAGENET_MEAN, IMAGENET_DEVIATION
    if channels != 3:
        mean, deviation = sum(mean) / 3, sum(deviation) / 3
    # A key of its own: under one key all operations draw the same numbers.
    noise = tf.random.stateless_normal([height, width, channels], fold(key, 1))
    band = image[top : top + height]
    parts = [band[:, :left], mean + deviation * noise, band[:, left + width :]]
    return tf.concat([image[:top], tf.concat(parts, 1), image[top + height :]], 0)
