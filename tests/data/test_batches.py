import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from bit_keras.data.batches import evaluation_batches, training_batches
from bit_keras.data.examples import (
    ArrayExamples,
    FileExamples,
    RecordExamples,
)
from bit_keras.data.record_index import record_offsets
from bit_keras.data.record_stream import RecordStream
from bit_keras.recipes import Recipe

RECIPE = Recipe(resize=10, crop=8, steps=4, batch_size=6)
COUNT = 17


def pictures():
    """Gray pictures of one level each, 10 * example."""
    levels = 10 * np.arange(COUNT, dtype="uint8")
    return np.broadcast_to(levels[:, None, None, None], (COUNT, 9, 12, 3)).copy()


@pytest.fixture(params=["arrays", "files", "records", "stream"])
def examples(request, tmp_path):
    labels = np.arange(COUNT) % 3
    if request.param == "arrays":
        return ArrayExamples(pictures(), labels)
    encoded = [tf.io.encode_png(picture).numpy() for picture in pictures()]
    if request.param == "files":
        paths = [tmp_path / f"{i}.png" for i in range(COUNT)]
        for path, data in zip(paths, encoded, strict=True):
            path.write_bytes(data)
        return FileExamples(tuple(str(path) for path in paths), labels)
    shards = [tmp_path / f"shard{number}" for number in range(3)]
    for number, shard in enumerate(shards):
        with tf.io.TFRecordWriter(str(shard)) as writer:
            for data in encoded[number * 6 : number * 6 + 6]:
                writer.write(data)
    files = tuple(str(shard) for shard in shards)
    if request.param == "stream":
        # The level of a picture tells its label.
        def parse(record):
            level = tf.cast(tf.io.decode_png(record)[0, 0, 0], tf.int64)
            return record, level // 10 % 3

        return RecordStream(files, (6, 6, 5), parse, block=5, shards_at_once=2)
    index = [
        (number, offset)
        for number, shard in enumerate(shards)
        for offset in record_offsets(shard, shard.stat().st_size)
    ]
    return RecordExamples(files, np.array(index), labels, lambda record: record)


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


def test_one_image_can_be_had_for_a_report(examples):
    image = np.asarray(examples.image(7))
    assert image.shape == (9, 12, 3)
    assert (image == 70).all()


def test_the_kth_example_does_not_depend_on_the_batch_size():
    examples = ArrayExamples(pictures(), np.zeros(COUNT, "int64"))
    small = dataclasses.replace(RECIPE, batch_size=3, steps=8)
    by_six = [images for images, _ in training_batches(examples, RECIPE, 1)]
    by_three = [images for images, _ in training_batches(examples, small, 1)]
    np.testing.assert_array_equal(np.concatenate(by_six), np.concatenate(by_three))


def test_gray_arrays_become_colour_images():
    gray = ArrayExamples(np.full((4, 9, 9, 1), 7, "uint8"), np.zeros(4, "int64"))
    images, _ = next(iter(training_batches(gray, RECIPE, 1)))
    assert gray.channels == 3
    assert images.shape == (6, 8, 8, 3)
    assert (images.numpy() == 7).all()


def test_a_subset_takes_images_and_labels_along():
    examples = ArrayExamples(pictures(), np.arange(COUNT)).take(np.array([3, 8]))
    assert examples.count == 2
    assert examples.labels.tolist() == [3, 8]
    assert np.asarray(examples.image(1))[0, 0, 0] == 80


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
