import numpy as np
import pytest
import tensorflow as tf

from bit_keras.data import random_erasing
from bit_keras.preprocessing import IMAGENET_DEVIATION, IMAGENET_MEAN

HEIGHT, WIDTH = 60, 80
PICTURE = np.random.default_rng(0).uniform(0, 255, (HEIGHT, WIDTH, 3)).astype("float32")


def erased(image, probability, count):
    @tf.function
    def every():
        return tf.map_fn(
            lambda n: random_erasing(image, tf.stack([0 * n, n]), probability),
            tf.range(count, dtype=tf.int64),
            fn_output_signature=tf.float32,
        )

    return every().numpy()


def rectangle(changed):
    """Gives (top, left, height, width) of where an image was changed, all of it."""
    rows, columns = np.flatnonzero(changed.any(1)), np.flatnonzero(changed.any(0))
    top, left = rows[0], columns[0]
    height, width = rows[-1] - top + 1, columns[-1] - left + 1
    assert changed.sum() == height * width
    return top, left, height, width


@pytest.fixture(scope="module")
def pictures():
    return erased(PICTURE, 1.0, 1000)


@pytest.fixture(scope="module")
def rectangles(pictures):
    return np.array([rectangle((p != PICTURE).any(-1)) for p in pictures])


def test_areas_are_uniform_from_a_fiftieth_to_a_third(rectangles):
    shares = rectangles[:, 2] * rectangles[:, 3] / (HEIGHT * WIDTH)
    counts, _ = np.histogram(shares, bins=4, range=(0.02, 1 / 3))
    assert counts.sum() > 980  # sides are whole numbers, and areas that near to it
    # Long ones with much area do not fit: the last quarter has fewer.
    assert abs(counts[:3] / 1000 - 0.26).max() < 0.04
    assert 180 < counts[3] < 260


def test_shapes_are_up_to_ten_by_three_either_way(rectangles):
    shapes = np.log(rectangles[:, 2] / rectangles[:, 3])
    limit = np.log(10 / 3)
    assert limit - 0.1 < shapes.max() < limit + 0.1
    assert -limit - 0.1 < shapes.min() < -limit + 0.1
    small = rectangles[:, 2] * rectangles[:, 3] < 0.15 * HEIGHT * WIDTH
    assert abs(np.median(shapes[small])) < 0.2


def test_rectangles_lie_everywhere(rectangles):
    tops, lefts, heights, widths = rectangles.T
    for places, room in ((tops, HEIGHT - heights), (lefts, WIDTH - widths)):
        assert (places == 0).any()
        assert (places == room).any()
        counts, _ = np.histogram(places / room, bins=4, range=(0, 1))
        assert abs(counts / 1000 - 1 / 4).max() < 0.06
    assert (
        abs(np.corrcoef(tops / (HEIGHT - heights), lefts / (WIDTH - widths)))[0, 1]
        < 0.1
    )


def test_noise_has_the_mean_and_deviation_of_imagenets_channels(pictures):
    noise = pictures[(pictures != PICTURE).any(-1)]
    np.testing.assert_allclose(noise.mean(0), IMAGENET_MEAN, atol=0.5)
    np.testing.assert_allclose(noise.std(0), IMAGENET_DEVIATION, atol=0.5)
    between = np.corrcoef(noise.T) - np.eye(3)
    assert abs(between).max() < 0.02
    assert noise.min() < 0
    assert noise.max() > 255


def test_noise_does_not_follow_the_place_of_its_rectangle(pictures, rectangles):
    noise = [p[(p != PICTURE).any(-1)] for p in pictures]
    first = np.array([values[0, 0] for values in noise])
    for facts in rectangles.T:
        assert abs(np.corrcoef(facts, first)[0, 1]) < 0.12


@pytest.mark.parametrize("probability", [0.0, 0.25])
def test_so_many_images_are_erased(probability):
    pictures = erased(PICTURE[:20, :20], probability, 1000)
    share = (pictures != PICTURE[:20, :20]).any((1, 2, 3)).mean()
    assert abs(share - probability) <= 0.04 * (probability > 0)


def test_equal_keys_give_equal_images(pictures):
    np.testing.assert_array_equal(erased(PICTURE, 1.0, 5), pictures[:5])


def test_an_image_without_colours_gets_noise_of_their_mean():
    image = np.full((40, 40, 1), -1000, "float32")
    pictures = erased(image, 1.0, 100)
    noise = pictures[pictures != -1000]
    assert abs(noise.mean() - np.mean(IMAGENET_MEAN)) < 1
    assert abs(noise.std() - np.mean(IMAGENET_DEVIATION)) < 1


@pytest.mark.parametrize("size", [(1, 1), (1, 50), (50, 1)])
def test_images_that_no_rectangle_fits_into_stay_as_they_are(size):
    image = np.zeros((*size, 3), "float32")
    np.testing.assert_array_equal(erased(image, 1.0, 20), np.stack(20 * [image]))


@pytest.mark.parametrize("size", [(16, 90), (90, 16)])
def test_rectangles_do_not_reach_across_a_strip(size):
    image = np.full((*size, 3), -1000, "float32")
    changed = (erased(image, 1.0, 200) != -1000).any(-1)
    sides = [rectangle(c)[2:] for c in changed if c.any()]
    assert len(sides) > 190
    assert (np.max(sides, axis=0) < size).all()
    assert min(np.max(sides, axis=0)) == 15


def test_whole_numbers_are_taken():
    image = PICTURE.astype("uint8")
    picture = random_erasing(image, (0, 1), 1.0)
    kept = (picture.numpy() == image).all(-1).mean()
    assert picture.dtype == tf.float32
    assert 0.6 < kept < 0.99


def test_images_of_a_few_pixels_are_taken():
    image = np.zeros((2, 3, 3), "float32")
    assert erased(image, 1.0, 20).shape == (20, 2, 3, 3)
