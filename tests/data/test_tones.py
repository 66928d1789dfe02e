"""What timm's arrays, of images in colour, leave open."""

import numpy as np
import pytest
import tensorflow as tf

from bit_keras.data import tones

GRAY = np.random.default_rng(0).integers(10, 240, (30, 20, 1), "uint8")
CHANGES = {
    "auto_contrast": tones.auto_contrast,
    "equalize": tones.equalize,
    "invert": tones.invert,
    "posterize": lambda image: tones.posterize(image, 3),
    "solarize": lambda image: tones.solarize(image, 100),
    "solarize_add": lambda image: tones.solarize_add(image, 60),
    "brightness": lambda image: tones.brightness(image, 1.4),
    "contrast": lambda image: tones.contrast(image, 0.3),
    "colour": lambda image: tones.colour(image, 0.3),
    "sharpness": lambda image: tones.sharpness(image, 1.9),
}


def changed(name, image):
    return CHANGES[name](tf.constant(image)).numpy().astype(int)


@pytest.mark.parametrize("name", CHANGES)
def test_one_channel_is_changed_as_three_of_the_same_values(name):
    alone = changed(name, GRAY)
    among = changed(name, np.repeat(GRAY, 3, axis=2))
    # Three that are alike have one's gray but for an error of rounding.
    assert abs(alone - among).max() <= (1 if name == "contrast" else 0)
    assert name == "colour" or (alone != GRAY).any()


def test_the_gray_of_two_channels_is_their_mean():
    image = np.array([[[10, 30], [200, 100]]], "uint8")
    without_colours = tones.colour(image, 0.0)
    assert without_colours.numpy().tolist() == [[[20, 20], [150, 150]]]


@pytest.mark.parametrize("size", [(1, 1), (1, 6), (6, 1), (2, 2), (2, 3)])
def test_an_image_that_is_nothing_but_border_is_not_sharpened(size):
    image = np.random.default_rng(0).integers(0, 256, (*size, 3), "uint8")
    np.testing.assert_array_equal(tones.sharpness(image, 1.9), image)


@pytest.mark.parametrize("name", ["auto_contrast", "equalize", "contrast"])
def test_a_single_pixel_stays_as_it_is(name):
    image = np.array([[[7, 7, 7]]], "uint8")
    np.testing.assert_array_equal(changed(name, image), image)
