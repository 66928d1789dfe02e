import itertools

import numpy as np
import pytest
import tensorflow as tf

from bit_keras.data import colour_jitter, tones

IMAGES = 1200


def jittered(image, strength, count=IMAGES):
    @tf.function
    def every():
        return tf.map_fn(
            lambda n: colour_jitter(image, tf.stack([0 * n, n]), strength),
            tf.range(count, dtype=tf.int64),
            fn_output_signature=image.dtype,
        )

    return every().numpy()


@pytest.fixture
def recorded(monkeypatch):
    """Gives a function: strength -> rows (images, 3, 2) of [change, factor]."""

    def recorder(number):
        def change(image, factor):
            row = tf.stack([number, factor])[tf.newaxis, :, tf.newaxis]
            return tf.concat([image[1:], row], 0)

        return change

    for number, name in enumerate(("brightness", "contrast", "colour")):
        monkeypatch.setattr(tones, name, recorder(float(number)))
    return lambda strength: jittered(-tf.ones([3, 2, 1]), strength)[..., 0]


def test_each_change_is_made_once_in_any_order(recorded):
    orders, counts = np.unique(recorded(0.4)[..., 0], axis=0, return_counts=True)
    assert orders.tolist() == [list(o) for o in itertools.permutations(range(3))]
    assert abs(counts / IMAGES - 1 / 6).max() < 0.04


@pytest.mark.parametrize(
    ("strength", "least", "most"), [(0.4, 0.6, 1.4), (1.5, 0.0, 2.5)]
)
def test_factors_are_uniform_about_one_and_not_below_nothing(
    recorded, strength, least, most
):
    rows = recorded(strength)
    factors = np.stack([rows[rows[..., 0] == n][:, 1] for n in range(3)])
    for each in factors:
        counts, _ = np.histogram(each, bins=4, range=(least, most))
        assert counts.sum() == IMAGES
        assert abs(counts / IMAGES - 1 / 4).max() < 0.05
    assert abs(np.corrcoef(factors) - np.eye(3)).max() < 0.1
    middle = (least + most) / 2
    assert abs(rows[..., 1].mean(0) - middle).max() < 0.08  # first, second or last


def test_a_gray_image_gets_brighter_and_darker_alone():
    image = tf.fill([3, 4, 3], tf.constant(100, tf.uint8))
    pictures = jittered(image, 0.4, 200)
    assert pictures.dtype == np.uint8
    assert (pictures == pictures[:, :1, :1, :1]).all()
    assert 60 <= pictures.min() < 70
    assert 130 < pictures.max() <= 140


def test_equal_keys_give_equal_images_and_others_others():
    image = tf.constant(np.random.default_rng(0).integers(0, 256, (5, 4, 3), "uint8"))
    first, second = jittered(image, 0.4, 20), jittered(image, 0.4, 20)
    np.testing.assert_array_equal(first, second)
    assert len({picture.tobytes() for picture in first}) == 20


@pytest.mark.parametrize("size", [(1, 1, 3), (2, 3, 1)])
def test_images_of_any_size_are_taken(size):
    image = tf.constant(np.random.default_rng(0).integers(0, 256, size, "uint8"))
    assert jittered(image, 0.4, 5).shape == (5, *size)
