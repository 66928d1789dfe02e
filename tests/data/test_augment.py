import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from bit_keras.data import augment
from bit_keras.recipes import Recipe

GOLDEN = np.load("tests/golden/06_bit_preprocess.npz", allow_pickle=False)
RECIPE = Recipe(resize=160, crop=128, steps=1, batch_size=6)


def crops(recipe, image, count=40):
    draw = tf.function(lambda key: augment.augment(image, recipe, key))
    return [draw(tf.constant([0, k], tf.int64)).numpy() for k in range(count)]


def test_crop_of_the_resized_image_is_the_references_at_its_offset():
    top, left = GOLDEN["bit_train_offset_y_x"]
    reference = GOLDEN["bit_train_160_128"] * 127.5 + 127.5  # mirrored
    whole = dataclasses.replace(RECIPE, crop=160, cropping="none", flip=False)
    (image,) = crops(whole, GOLDEN["image_u8"], 1)
    cut = image[top : top + 128, left : left + 128][:, ::-1]
    np.testing.assert_allclose(cut, reference, atol=127.5e-5)


def test_crops_are_uniform_over_all_places_and_half_of_them_mirrored():
    # Pixel (row, column) of the picture holds 4 * row and 4 * column.
    rows, columns = np.meshgrid(np.arange(6), np.arange(6), indexing="ij")
    picture = np.stack([rows, columns, 0 * rows], axis=-1).astype("uint8") * 4
    recipe = dataclasses.replace(RECIPE, resize=6, crop=4)
    drawn = crops(recipe, picture, 400)
    corners = [(int(c[..., 0].min() / 4), int(c[..., 1].min() / 4)) for c in drawn]
    counts = np.unique(np.array(corners), axis=0, return_counts=True)[1]
    assert len(counts) == 9
    assert counts.min() > 20
    mirrored = sum(c[0, 0, 1] > c[0, -1, 1] for c in drawn)
    assert 160 < mirrored < 240


def test_without_flip_nothing_is_mirrored():
    picture = np.arange(36, dtype="uint8").reshape(6, 6, 1)
    recipe = dataclasses.replace(RECIPE, resize=6, crop=4, flip=False)
    assert all(c[0, 0, 0] < c[0, 1, 0] for c in crops(recipe, picture))


def test_without_random_crop_the_image_is_resized_straight_to_the_crop():
    recipe = dataclasses.replace(RECIPE, cropping="none", flip=False)
    (image,) = crops(recipe, GOLDEN["image_u8"], 1)
    reference = GOLDEN["bit_eval_128"] * 127.5 + 127.5
    np.testing.assert_allclose(image, reference, atol=127.5e-5)


def ramp(height, width):
    """A picture of which pixel (row, column) holds row and column."""
    rows, columns = np.meshgrid(np.arange(height), np.arange(width), indexing="ij")
    return tf.stack([rows, columns, 0 * rows], axis=-1)


def inception_crops(image, count, **fields):
    recipe = Recipe(
        resize=8, crop=8, steps=1, batch_size=1, cropping="inception", crop_area=0.1
    )
    return crops(dataclasses.replace(recipe, **fields), image, count)


def test_inception_crops_are_mirrored_half_the_time_wherever_they_lie():
    drawn = inception_crops(ramp(150, 200), 400)
    mirrored = np.array([crop[0, 0, 1] > crop[0, -1, 1] for crop in drawn])
    assert 160 < mirrored.sum() < 240
    middles = np.array([crop.mean((0, 1)) for crop in drawn])
    sides = np.array([crop.max((0, 1)) - crop.min((0, 1)) for crop in drawn])
    for facts in (middles[:, 0], middles[:, 1], sides[:, 0], sides[:, 1]):
        assert abs(np.corrcoef(facts, mirrored)[0, 1]) < 0.15


@pytest.mark.parametrize("cropping", ["inception", "torchvision"])
@pytest.mark.parametrize("size", [(1, 1), (1, 300), (300, 1), (2, 3)])
def test_crops_of_images_of_any_size_have_the_recipes(size, cropping):
    for crop in inception_crops(ramp(*size), 5, cropping=cropping):
        assert crop.shape == (8, 8, 3)
        assert crop[..., 0].max() <= size[0] - 1
        assert crop[..., 1].max() <= size[1] - 1


@pytest.mark.parametrize("cropping", ["inception", "torchvision"])
def test_no_crop_is_smaller_than_the_recipe_allows(cropping):
    for least in (0.1, 0.7):
        drawn = inception_crops(
            ramp(160, 200), 100, cropping=cropping, crop_area=least, flip=False
        )
        steps = np.array([(c[4, 4] - c[3, 3])[:2] for c in drawn])
        areas = np.prod(8 * steps, axis=1) / (160 * 200)
        assert least - 0.01 < areas.min() < least + 0.06


def brighter(image, recipe, key):
    assert image.dtype == tf.uint8
    return image + tf.constant(1, tf.uint8)


@pytest.fixture
def whole_step(monkeypatch):
    """Gives a function that adds a step of whole numbers to the table."""

    def add(on):
        step = augment.Step(brighter, on=on, numbers=(2,), whole_numbers=True)
        monkeypatch.setitem(augment.STEPS, "brighter", step)

    return add


def test_a_step_of_whole_numbers_gets_rounded_pixels(whole_step):
    recipe = Recipe(resize=7, crop=7, steps=1, flip=False)
    picture = np.random.default_rng(0).integers(0, 250, (9, 9, 3), "uint8")
    (before,) = crops(recipe, picture, 1)
    whole_step(on=lambda recipe: True)
    (after,) = crops(recipe, picture, 1)
    assert after.dtype == np.float32
    np.testing.assert_array_equal(after, np.round(before) + 1)


def test_a_step_that_a_recipe_does_not_ask_for_rounds_nothing(whole_step):
    recipe = Recipe(resize=7, crop=7, steps=1)
    picture = np.random.default_rng(0).integers(0, 250, (9, 9, 3), "uint8")
    (before,) = crops(recipe, picture, 1)
    whole_step(on=lambda recipe: False)
    (after,) = crops(recipe, picture, 1)
    np.testing.assert_array_equal(after, before)


def test_views_of_an_image_are_augmented_apart():
    recipe = Recipe(resize=12, crop=4, steps=1, cropping="inception", views=3)
    picture = np.random.default_rng(0).integers(0, 256, (30, 40, 3), "uint8")
    picture = tf.constant(picture)
    views = crops(recipe, picture, 20)
    assert views[0].shape == (3, 4, 4, 3)
    (alone,) = crops(dataclasses.replace(recipe, views=1), picture, 1)
    np.testing.assert_array_equal(views[0][0], alone)
    assert len({view.tobytes() for image in views for view in image}) == 60
