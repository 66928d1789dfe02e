"""Brightness, contrast and colours of an image, changed at random."""

import functools

import tensorflow as tf

from bit_keras.data import tones


def colour_jitter(image, key, strength):
    """Multiplies brightness, contrast and colours, in random order, as Pillow does.

    Args:
        image: uint8 (height, width, channels), 0..255; the channels known.
        key: int64 (2,), which decides all that is drawn.
        strength: each of the three has a factor of its own, uniform between
            1 - `strength`, or 0, and 1 + `strength`.

    Returns:
        uint8 of the same shape.

    Reference: torchvision's `ColorJitter`, as timm 1.0 takes it, without the hue.
    """
    draws = tf.random.stateless_uniform([6], key)
    least = max(0.0, 1 - strength)
    factors = least + (1 + strength - least) * draws[:3]
    for number in tf.unstack(tf.argsort(draws[3:])):
        choices = [
            functools.partial(change, image, factors[place])
            for place, change in enumerate(
                (tones.brightness, tones.contrast, tones.colour)
            )
        ]
        image = tf.ensure_shape(tf.switch_case(number, choices), image.shape)
    return image
