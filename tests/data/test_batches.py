import dataclasses

import numpy as np
import tensorflow as tf

from bit_keras.data.batches import (
    batches_of_several,
    evaluation_batches,
    training_batches,
)
from bit_keras.data.examples import ArrayExamples
from bit_keras.preprocessing import Preprocessing
from bit_keras.recipes import Recipe

RECIPE = Recipe(resize=10, crop=8, steps=4, batch_size=6)
COUNT = 17


def levels(dataset):
    """The example that each image of the batches shows."""
    return np.concatenate([images[:, 4, 4, 0] for images, _ in dataset]).round() / 10


def test_training_batches_have_the_recipes_shape_and_number(examples):
    batches = list(training_batches(examples, RECIPE, 3))
    assert len(batches) == 4
    assert all(images.shape == (6, 8, 8, 3) for images, _ in batches)
    assert all(labels.shape == (6, 3) for _, labels in batches)


def test_images_keep_their_labels(examples):
    for images, labels in training_batches(examples, RECIPE, 3):
        shown = np.round(images[:, 4, 4, 0] / 10) % 3
        np.testing.assert_array_equal(shown, np.argmax(labels, -1))


def test_an_epoch_holds_every_example_once_and_the_next_has_another_order(examples):
    recipe = dataclasses.replace(RECIPE, batch_size=COUNT, steps=2)
    first, second = np.split(levels(training_batches(examples, recipe, 3)), 2)
    assert sorted(first) == sorted(second) == list(range(COUNT))
    assert first.tolist() != second.tolist()


def test_the_same_seed_gives_the_same_batches_and_another_seed_others(examples):
    first, again, other = (
        levels(training_batches(examples, dataclasses.replace(RECIPE, seed=seed), 3))
        for seed in (1, 1, 2)
    )
    assert first.tolist() == again.tolist()
    assert first.tolist() != other.tolist()


def test_fewer_examples_than_a_batch_repeat_within_it(examples):
    recipe = dataclasses.replace(RECIPE, batch_size=2 * COUNT, steps=1)
    assert sorted(levels(training_batches(examples, recipe, 3))) == sorted(
        2 * list(range(COUNT))
    )


def test_evaluation_shows_every_example_once_in_order(examples):
    dataset = evaluation_batches(examples, RECIPE.preprocessing, 3, batch_size=6)
    assert int(dataset.cardinality()) == 3
    assert levels(dataset).tolist() == list(range(COUNT))
    assert [len(images) for images, _ in dataset] == [6, 6, 5]


def test_the_kth_example_does_not_depend_on_the_batch_size():
    pixels = np.random.default_rng(0).integers(0, 256, (17, 9, 12, 3), "uint8")
    examples = ArrayExamples(pixels, np.zeros(17, "int64"))
    small = dataclasses.replace(RECIPE, batch_size=3, steps=8)
    by_six = [images for images, _ in training_batches(examples, RECIPE, 1)]
    by_three = [images for images, _ in training_batches(examples, small, 1)]
    np.testing.assert_array_equal(np.concatenate(by_six), np.concatenate(by_three))


def test_no_batch_holds_pixels_that_were_clipped_or_scaled():
    image = np.full((1, 4, 4, 3), 255, "uint8")
    images, _ = next(
        iter(training_batches(ArrayExamples(image, np.zeros(1, "int64")), RECIPE, 1))
    )
    assert images.dtype == tf.float32
    assert (images.numpy() == 255).all()


def test_views_of_an_image_stand_side_by_side(examples):
    recipe = dataclasses.replace(RECIPE, views=2)
    images, labels = next(iter(training_batches(examples, recipe, 3)))
    assert images.shape == (6, 2, 8, 8, 3)
    assert labels.shape == (6, 3)
    np.testing.assert_array_equal(images[:, 0], images[:, 1])  # of one level each


WAYS = [Preprocessing(crop=8), Preprocessing(crop=5, share=0.9), Preprocessing(crop=5)]


def test_several_preprocessings_give_what_each_gives_alone():
    pixels = np.random.default_rng(0).integers(0, 256, (7, 9, 12, 3), "uint8")
    examples = ArrayExamples(pixels, np.arange(7) % 3)
    ((together, labels),) = batches_of_several(examples, WAYS, 3)
    for images, way in zip(together, WAYS, strict=True):
        ((alone, labels_alone),) = evaluation_batches(examples, way, 3)
        np.testing.assert_array_equal(images, alone)
        np.testing.assert_array_equal(labels, labels_alone)


class Counted(ArrayExamples):
    """Examples that count how often an image is asked for."""

    def image(self, position):
        def count(position):
            made.append(int(position))
            return self.pixels[position]

        made = self.__dict__.setdefault("made", [])
        image = tf.numpy_function(count, [position], tf.uint8)
        return tf.ensure_shape(image, (None, None, 3))


def test_several_preprocessings_decode_an_image_once():
    examples = Counted(np.zeros((7, 9, 12, 3), "uint8"), np.arange(7) % 3)
    assert sum(len(labels) for _, labels in batches_of_several(examples, WAYS, 3)) == 7
    assert sorted(examples.made) == list(range(7))


def test_the_more_preprocessings_the_smaller_the_batches():
    examples = ArrayExamples(np.zeros((99, 4, 4, 3), "uint8"), np.zeros(99, "int64"))
    batches = []
    for crops in ([224], [224, 160], 20 * [224], [9000, 9000]):
        ways = [Preprocessing(crop=crop) for crop in crops]
        batches.append(int(batches_of_several(examples, ways, 1).cardinality()))
    assert batches == [2, 2, 4, 99]
