"""RandAugment with timm's operations: a few random changes of each image."""

import dataclasses
import functools
from collections.abc import Callable

import tensorflow as tf

from bit_keras.data import geometry, tones
from bit_keras.recipes.rand_augment import EXAMPLE, LEVELS, parse_rand_augment


@dataclasses.dataclass(frozen=True)
class Operation:
    """A change of an image by an argument that follows from a strength.

    Args:
        change: function (image, argument) -> image, or (image) without an argument, or
            (image, argument, interpolation); uint8 (height, width, channels).
        argument: function (level, sign) -> scalar tensor; level is the strength
            divided by 10, and sign 1 or -1; both float32.
        moves: `change` moves pixels, and takes an interpolation.
    """

    change: Callable
    argument: Callable | None = None
    moves: bool = False


def _bits(level):
    # Levels above 2, which mmax allows, would ask for more bits than there are.
    return tf.minimum(tf.cast(4 * level, tf.int32), 8)


def _threshold(level):
    return tf.minimum(tf.cast(256 * level, tf.int32), 256)


def _enhancing(change):
    return Operation(change, lambda level, sign: 1.8 * level + 0.1)


def _enhancing_more(change):
    return Operation(
        change, lambda level, sign: tf.maximum(1 + 0.9 * level * sign, 0.1)
    )


def _moving(change, most):
    return Operation(change, lambda level, sign: most * level * sign, moves=True)


# In timm's names and order.
OPERATIONS = {
    "AutoContrast": Operation(tones.auto_contrast),
    "Equalize": Operation(tones.equalize),
    "Invert": Operation(tones.invert),
    "Rotate": _moving(geometry.rotate, 30),
    "Posterize": Operation(tones.posterize, lambda level, sign: _bits(level)),
    "Solarize": Operation(tones.solarize, lambda level, sign: _threshold(level)),
    "SolarizeAdd": Operation(
        tones.solarize_add,
        lambda level, sign: tf.minimum(tf.cast(110 * level, tf.int32), 128),
    ),
    "Color": _enhancing(tones.colour),
    "Contrast": _enhancing(tones.contrast),
    "Brightness": _enhancing(tones.brightness),
    "Sharpness": _enhancing(tones.sharpness),
    "ShearX": _moving(geometry.shear_x, 0.3),
    "ShearY": _moving(geometry.shear_y, 0.3),
    "TranslateXRel": _moving(geometry.translate_x, 0.45),
    "TranslateYRel": _moving(geometry.translate_y, 0.45),
}
# What stands in the place of some where all are to be the stronger the larger the
# magnitude is.
INCREASING = {
    "Posterize": Operation(
        # Pillow refuses to keep no bits at all, and timm fails; here it gives black.
        tones.posterize,
        lambda level, sign: tf.maximum(4 - _bits(level), 0),
    ),
    "Solarize": Operation(tones.solarize, lambda level, sign: 256 - _threshold(level)),
    "Color": _enhancing_more(tones.colour),
    "Contrast": _enhancing_more(tones.contrast),
    "Brightness": _enhancing_more(tones.brightness),
    "Sharpness": _enhancing_more(tones.sharpness),
}


def rand_augment(image, key, config=EXAMPLE, interpolation="bilinear"):
    """Changes an image by operations drawn at random, as timm's RandAugment does.

    Args:
        image: uint8 (height, width, channels), 0..255; all but the first two known.
        key: int64 (2,), which decides all that is drawn.
        config: timm's text, see `bit_keras.recipes.rand_augment`.
        interpolation: "bilinear", "bicubic", or "random", one of both drawn for every
            operation.

    Returns:
        uint8 of the same shape: exactly what Pillow gives for the same draws, but for
        one level, here and there, where an image is moved, sheared or turned.

    Raises:
        InputError: if the text is not timm's.

    Reference: Cubuk et al. 2019, https://arxiv.org/abs/1909.13719; operations, levels
        and probabilities of timm 1.0, timm/data/auto_augment.py.
    """
    settings = parse_rand_augment(config)
    operations = OPERATIONS | (INCREASING if settings.increasing else {})
    changes = [_change(o, settings, interpolation) for o in operations.values()]
    draws = tf.random.stateless_uniform([settings.layers, 5], key)
    for draw in tf.unstack(draws):
        number = tf.cast(draw[0] * len(changes), tf.int32)
        number = tf.where(draw[1] < settings.probability, number, len(changes))
        choices = [functools.partial(change, image, draw) for change in changes]
        changed = tf.switch_case(number, [*choices, lambda image=image: image])
        image = tf.ensure_shape(changed, image.shape)
    return image


def _change(operation, settings, interpolation):
    """Gives a function (image, draw) -> image of an operation.

    It stays a call in the graph: the operations of branches that are not taken, but
    inlined, would cost as much as one that is.
    """

    def change(image, draw):
        _, _, strength, sign, curve = tf.unstack(draw)
        if operation.argument is None:
            return operation.change(image)
        level = _strength(settings, strength) / LEVELS
        argument = operation.argument(level, tf.where(sign < 0.5, -1.0, 1.0))
        if not operation.moves:
            return operation.change(image, argument)
        if interpolation != "random":
            return operation.change(image, argument, interpolation)
        return tf.cond(
            curve < 0.5,
            lambda: operation.change(image, argument, "bicubic"),
            lambda: operation.change(image, argument, "bilinear"),
        )

    return tf.function(
        change, autograph=False, experimental_attributes={"_noinline": True}
    )


def _strength(settings, draw):
    """Gives the strength that a number in 0..1 stands for."""
    if settings.deviation == float("inf"):
        strength = settings.magnitude * draw
    elif settings.deviation:
        strength = settings.magnitude + settings.deviation * tf.math.ndtri(draw)
    else:
        strength = tf.constant(float(settings.magnitude))
    return tf.clip_by_value(strength, 0.0, float(settings.most))
