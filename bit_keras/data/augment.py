"""Training-time changes of images, one step after the other.

Every random choice is a function of (seed, k), the number of the example in the run:
steps draw under a key, two integers, that begins with these.
"""

import dataclasses
from collections.abc import Callable

import tensorflow as tf

from bit_keras.data import images, resized_crop
from bit_keras.data.colour_jitter import colour_jitter
from bit_keras.data.erasing import random_erasing
from bit_keras.data.order import fold
from bit_keras.data.rand_augment import rand_augment

# Keeps the draws of further views of an image apart from those of the steps.
_VIEWS = 0x76696577


@dataclasses.dataclass(frozen=True)
class Step:
    """A change of an image.

    Args:
        change: function (image, recipe, key) -> image; float32 (height, width,
            channels) in 0..255, for the first step as it was read.
        on: function from a recipe to whether the step is taken.
        numbers: what its key is folded with, so that no two steps draw the same;
            without any it is that of the example. 1 is the Inception crop's, 2
            torchvision's, 3 the interpolation's.
        whole_numbers: it is given uint8, and gives it.
    """

    change: Callable
    on: Callable
    numbers: tuple[int, ...]
    whole_numbers: bool = False


def augment(image, recipe, key):
    """Takes all steps that the recipe asks for.

    Args:
        image: (height, width, channels), 0..255.
        recipe: `Recipe`.
        key: int64 (2,), the seed and the number of the example in the run.

    Returns:
        float32 (crop, crop, channels), 0..255; with `recipe.views` above 1 it is of
        (views, crop, crop, channels), each with draws of its own.
    """
    if recipe.views == 1:
        return _view(image, recipe, key)
    keys = [key, *(fold(key, _VIEWS, view) for view in range(1, recipe.views))]
    return tf.stack([_view(image, recipe, own) for own in keys])


def _view(image, recipe, key):
    for step in STEPS.values():
        if not step.on(recipe):
            continue
        if step.whole_numbers:
            image = tf.saturate_cast(tf.round(image), tf.uint8)
        image = step.change(image, recipe, fold(key, *step.numbers))
        if step.whole_numbers:
            image = tf.cast(image, tf.float32)
    return image


def crop(image, recipe, key):
    """Makes the recipe's square of an image, as its `cropping` says."""
    return CROPPINGS[recipe.cropping](image, recipe, key)


def random_crop(image, recipe, key):
    """Cuts a random square of `crop` out of the image resized to `resize`.

    Reference: section 2.2 of https://arxiv.org/abs/1912.11370.
    """
    image = resize(image, recipe.resize, recipe, key)
    places = recipe.resize - recipe.crop + 1
    top, left, _ = _draws(key)
    top, left = (tf.cast(place * places, tf.int32) for place in (top, left))
    image = image[top : top + recipe.crop, left : left + recipe.crop]
    return tf.ensure_shape(image, (recipe.crop, recipe.crop, None))


def inception_crop(image, recipe, key):
    """Resizes a random part of the image, of `crop_area` at least, to `crop`."""
    part = resized_crop.inception_part(image, key, recipe.crop_area)
    return resize(part, recipe.crop, recipe, key)


def torchvision_crop(image, recipe, key):
    """As `inception_crop`, with the parts that torchvision draws."""
    part = resized_crop.torchvision_part(image, fold(key, 2), recipe.crop_area)
    return resize(part, recipe.crop, recipe, key)


def no_crop(image, recipe, key):
    """Resizes the whole image to `crop`."""
    return resize(image, recipe.crop, recipe, key)


def resize(image, size, recipe, key):
    """Resizes to a square, as `train_interpolation` and `train_antialias` say."""

    def resized(interpolation):
        return images.resize(image, (size, size), interpolation, recipe.train_antialias)

    if recipe.train_interpolation != "random":
        return resized(recipe.train_interpolation)
    draw = tf.random.stateless_uniform([], fold(key, 3))
    return tf.cond(draw < 0.5, lambda: resized("bilinear"), lambda: resized("bicubic"))


def flip(image, recipe, key):
    """Mirrors an image half the time.

    Reference: big_transfer's TensorFlow code always mirrors (its issue 62); the paper
        and its PyTorch code mirror at random, as is done here.
    """
    _, _, draw = _draws(key)
    # A slice of step -1 would give the same, many times slower.
    return tf.cond(draw < 0.5, lambda: tf.reverse(image, [1]), lambda: image)


def _draws(key):
    """Three numbers in 0..1: for the place of a crop, top and left, and for a flip."""
    return tf.unstack(tf.random.stateless_uniform([3], key))


# Names of `Recipe.cropping` -> function (image, recipe, key) -> image.
CROPPINGS = {
    "random": random_crop,
    "inception": inception_crop,
    "torchvision": torchvision_crop,
    "none": no_crop,
}
# In the order in which they are taken, which is timm's.
STEPS = {
    "crop": Step(crop, on=lambda recipe: True, numbers=()),
    "flip": Step(flip, on=lambda recipe: recipe.flip, numbers=()),
    "rand_augment": Step(
        lambda image, recipe, key: rand_augment(
            image, key, recipe.rand_augment, recipe.train_interpolation
        ),
        on=lambda recipe: recipe.rand_augment,
        numbers=(4,),
        whole_numbers=True,
    ),
    "colour_jitter": Step(
        lambda image, recipe, key: colour_jitter(image, key, recipe.colour_jitter),
        on=lambda recipe: recipe.colour_jitter > 0,
        numbers=(5,),
        whole_numbers=True,
    ),
    "erasing": Step(
        lambda image, recipe, key: random_erasing(image, key, recipe.erasing),
        on=lambda recipe: recipe.erasing > 0,
        numbers=(6,),
    ),
}
