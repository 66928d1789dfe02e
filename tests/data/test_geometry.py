"""What timm's arrays, of square images in colour, leave open."""

import numpy as np
import pytest
import tensorflow as tf

from bit_keras.data import geometry

FILL = [124, 116, 104]  # ImageNet's mean
GRAY = 114  # its mean over the channels
KERNELS = list(geometry.KERNELS)
PICTURE = np.random.default_rng(0).integers(0, 256, (4, 10, 3), "uint8")


def pixels(values):
    return values.numpy().astype(int)


@pytest.mark.parametrize("kernel", KERNELS)
def test_columns_move_by_a_share_of_the_width(kernel):
    moved = pixels(geometry.translate_x(PICTURE, 0.3, kernel))
    np.testing.assert_array_equal(moved[:, :7], PICTURE[:, 3:])
    np.testing.assert_array_equal(moved[:, 7:], np.broadcast_to(FILL, (4, 3, 3)))


@pytest.mark.parametrize("kernel", KERNELS)
def test_rows_move_by_a_share_of_the_height(kernel):
    moved = pixels(geometry.translate_y(PICTURE, -0.25, kernel))
    np.testing.assert_array_equal(moved[1:], PICTURE[:-1])
    np.testing.assert_array_equal(moved[0], np.broadcast_to(FILL, (10, 3)))


@pytest.mark.parametrize("share", [1.0, -1.0, 1.35])
@pytest.mark.parametrize("move", [geometry.translate_x, geometry.translate_y])
def test_what_moves_out_of_sight_leaves_the_fill(move, share):
    moved = pixels(move(PICTURE, share))
    np.testing.assert_array_equal(moved, np.broadcast_to(FILL, PICTURE.shape))


def test_rows_are_sheared_by_their_distance_from_the_top():
    sheared = pixels(geometry.shear_x(PICTURE, 2.0, "bilinear"))
    for row, shift in enumerate([1, 3, 5, 7]):
        kept = PICTURE[row, shift:]
        np.testing.assert_array_equal(sheared[row, : 10 - shift], kept)
        assert (sheared[row, 10 - shift :] == FILL).all()


def test_columns_are_sheared_by_their_distance_from_the_left():
    turned = PICTURE.transpose(1, 0, 2)
    sheared = pixels(geometry.shear_y(turned, 2.0, "bilinear"))
    expected = pixels(geometry.shear_x(PICTURE, 2.0, "bilinear"))
    np.testing.assert_array_equal(sheared, expected.transpose(1, 0, 2))


@pytest.mark.parametrize("kernel", ["bilinear", "bicubic"])
def test_a_half_turn_mirrors_rows_and_columns(kernel):
    turned = pixels(geometry.rotate(PICTURE, 180, kernel))
    inner = (slice(1, -1), slice(1, -1))  # the border is at the edge of the fill
    expected = PICTURE[::-1, ::-1].astype(int)
    assert abs(turned - expected)[inner].max() <= 1


def test_a_quarter_turn_is_counter_clockwise_about_the_centre():
    turned = pixels(geometry.rotate(PICTURE, 90, "bilinear"))
    expected = np.rot90(PICTURE[:, 3:7]).astype(int)
    assert abs(turned[:, 3:7] - expected)[1:-1, 1:-1].max() <= 1
    assert (turned[:, :2] == FILL).all()
    assert (turned[:, -2:] == FILL).all()


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize(
    "change",
    [
        lambda image, kernel: geometry.shear_x(image, 0.3, kernel),
        lambda image, kernel: geometry.shear_y(image, -0.3, kernel),
        lambda image, kernel: geometry.translate_x(image, 0.3, kernel),
        lambda image, kernel: geometry.translate_y(image, -0.3, kernel),
        lambda image, kernel: geometry.rotate(image, 20, kernel),
    ],
)
def test_an_image_without_colours_moves_as_one_with_them(change, kernel):
    alone = pixels(change(PICTURE[..., :1], kernel))[..., 0]
    among = pixels(change(PICTURE, kernel))[..., 0]
    outside = pixels(change(np.zeros_like(PICTURE), kernel))[..., 0] == FILL[0]
    assert 0 < outside.mean() < 0.5
    np.testing.assert_array_equal(alone, np.where(outside, GRAY, among))


@pytest.mark.parametrize("kernel", KERNELS)
def test_what_does_not_move_stays_as_it_is(kernel):
    for image in (PICTURE, PICTURE[:1, :1], PICTURE[:2, :3]):
        for change in (
            *(geometry.shear_x, geometry.shear_y, geometry.rotate),
            *(geometry.translate_x, geometry.translate_y),
        ):
            unchanged = change(tf.constant(image), 0.0, kernel)
            np.testing.assert_array_equal(unchanged, image)
