import numpy as np
import pytest
import tensorflow as tf
from encoded_images import (
    EXACT,
    JPEG,
    TRANSPARENT,
    encoded,
    moved_frame,
    picture,
    shown,
)
from PIL import Image

from bit_keras.data import images


@pytest.mark.parametrize("kind", EXACT)
def test_shows_what_pillow_shows(kind):
    decoded = images.decode(EXACT[kind]).numpy()
    reference = shown(EXACT[kind])
    assert decoded.shape == reference.shape
    np.testing.assert_allclose(decoded.astype(int), reference.astype(int), atol=1)


@pytest.mark.parametrize("kind", JPEG)
def test_jpeg_is_as_pillow_decodes_it(kind):
    difference = images.decode(JPEG[kind]).numpy() - shown(JPEG[kind]).astype(int)
    assert np.abs(difference).mean() < 1


def test_sixteen_bits_are_scaled_to_eight():
    values = (np.arange(6 * 4) * 2800).astype("uint16").reshape(4, 6)
    decoded = images.decode(encoded(Image.fromarray(values), "PNG")).numpy()
    np.testing.assert_allclose(decoded[..., 1], values / 257.0, atol=1)


def test_frame_of_a_gif_stands_where_it_belongs_on_white():
    contents = encoded(TRANSPARENT, "GIF")
    decoded = images.decode(moved_frame(contents)).numpy()
    expected = np.full((16, 25, 3), 255)
    expected[2:16, 3:25] = shown(contents)
    np.testing.assert_array_equal(decoded, expected)


@pytest.mark.parametrize(
    "kind", ["png", "gif animated", "bmp", "webp", "webp animated"]
)
def test_cut_off_file_raises(kind):
    with pytest.raises(tf.errors.InvalidArgumentError):
        images.decode(EXACT[kind][: len(EXACT[kind]) // 2])


@pytest.mark.parametrize("kind", JPEG)
def test_cut_off_jpeg_raises(kind):
    with pytest.raises(tf.errors.InvalidArgumentError):
        images.decode(JPEG[kind][:-20])


def test_bmp_of_one_bit_is_refused_in_words():
    with pytest.raises(tf.errors.InvalidArgumentError, match="convert it to JPEG"):
        images.decode(encoded(picture("1"), "BMP"))
