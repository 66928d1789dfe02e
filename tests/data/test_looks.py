import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from scenes import scene

from bit_keras.data.examples import ArrayExamples
from bit_keras.data.looks import glance, look_of, looks_of


def look(image):
    pixels = tf.constant(np.asarray(image))
    return look_of(*(value.numpy() for value in glance(pixels)))


def test_a_copy_has_the_same_look_and_another_picture_another():
    assert look(scene(0)) == look(scene(0))
    assert len(look(scene(0))) == 32
    assert look(scene(0)) != look(scene(1))


def test_one_changed_value_changes_the_first_half_alone():
    pixels = np.array(scene(0))
    before = look(pixels)
    pixels[3, 5, 1] ^= 1
    after = look(pixels)
    assert after[:16] != before[:16]
    assert after[16:] == before[16:]


def test_the_same_bytes_in_another_shape_are_another_picture():
    pixels = np.arange(12 * 8 * 3, dtype="uint8")
    assert look(pixels.reshape(12, 8, 3)) != look(pixels.reshape(8, 12, 3))


@pytest.mark.parametrize("size", [(31, 200), (200, 31), (8, 8)])
def test_a_picture_below_32_pixels_is_known_by_its_pixels_alone(size):
    assert len(look(scene(0, size))) == 16


def test_a_plain_picture_is_known_by_its_pixels_alone():
    noise = np.random.default_rng(0).normal(120, 1, (60, 60, 3))
    assert len(look(noise.round().astype("uint8"))) == 16


@pytest.mark.parametrize("channels", [1, 2, 4])
def test_pictures_of_other_channels_have_looks_too(channels):
    pixels = np.array(scene(0))[..., :1].repeat(channels, axis=-1)
    (found,) = looks_of(ArrayExamples(pixels[np.newaxis]))
    gray = look(pixels[..., :1].repeat(3, axis=-1))
    assert found[16:] == gray[16:]


def test_floats_are_seen_as_the_bytes_that_they_are_nearest_to():
    pixels = np.array([scene(0), scene(1)])
    expected = [look(picture) for picture in pixels]
    nearly = pixels.astype("float32") + np.float32(0.2)
    assert looks_of(ArrayExamples(nearly)).tolist() == expected


def test_a_large_photograph_looks_like_its_small_version():
    large = scene(3, (1800, 1300))
    small = large.resize((180, 130), Image.BOX)
    (one, *_), (other, *_) = (
        glance(tf.constant(np.asarray(p))) for p in (large, small)
    )
    difference = one.numpy().astype(int) - other.numpy()
    assert np.abs(difference).mean() < 1.5
    assert look(large)[:16] == look(scene(3, (1800, 1300)))[:16]
