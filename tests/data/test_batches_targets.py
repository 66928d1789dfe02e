"""What is learned: several labels per image, balanced classes, weights of classes."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from bit_keras.data.batches import evaluation_batches, training_batches
from bit_keras.data.examples import ArrayExamples
from bit_keras.data.record_stream import RecordStream
from bit_keras.errors import InputError
from bit_keras.recipes import Recipe

RECIPE = Recipe(resize=4, crop=4, steps=3, batch_size=4, flip=False)
SEVERAL = np.array([[1, 0, 1], [0, 0, 0], [0, 1, 0], [1, 1, 1], [0, 1, 1]])
WEIGHTS = (0.5, 3.0, 0.0)


def arrays(labels):
    """Images of one level each, 10 * example."""
    levels = 10 * np.arange(len(labels), dtype="uint8")
    pixels = np.broadcast_to(levels[:, None, None, None], (len(labels), 4, 4, 3))
    return ArrayExamples(pixels.copy(), np.asarray(labels))


def stream(folder, labels):
    """The same as records of a PNG, whose label is looked up by its level."""
    file = str(folder / "shard")
    with tf.io.TFRecordWriter(file) as writer:
        for pixels in arrays(labels).pixels:
            writer.write(tf.io.encode_png(pixels).numpy())
    table = tf.constant(labels)

    def parse(record):
        level = tf.io.decode_png(record)[0, 0, 0]
        return record, tf.gather(table, tf.cast(level, tf.int32) // 10)

    return RecordStream((file,), (len(labels),), parse, block=3)


def both_kinds(examples):
    """The batches of training, and those of evaluation."""
    return (
        training_batches(examples, RECIPE, 3),
        evaluation_batches(examples, RECIPE.preprocessing, 3),
    )


def cross_entropy(labels, logits):
    probabilities = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    return -np.sum(labels * np.log(probabilities), axis=-1)


def numbers(images):
    return np.round(np.asarray(images)[:, 0, 0, 0] / 10).astype(int)


@pytest.mark.parametrize("dtype", ["int8", "bool", "int64"])
def test_rows_of_several_labels_are_the_target(dtype):
    examples = arrays(SEVERAL.astype(dtype))
    assert examples.multi_label
    for batches in both_kinds(examples):
        for images, targets in batches:
            assert targets.dtype == tf.float32
            np.testing.assert_array_equal(targets, SEVERAL[numbers(images)])


def test_a_stream_may_give_several_labels_too(tmp_path):
    examples = stream(tmp_path, SEVERAL.astype("int8"))
    for batches in both_kinds(examples):
        for images, targets in batches:
            assert targets.dtype == tf.float32
            np.testing.assert_array_equal(targets, SEVERAL[numbers(images)])


def test_a_single_label_is_no_list_of_labels(tmp_path):
    assert not arrays([0, 1]).multi_label
    assert not stream(tmp_path, [0, 1]).multi_label


def test_balanced_batches_hold_every_class_equally_often():
    labels = [0] * 12 + [1] * 3 + [2]
    recipe = dataclasses.replace(RECIPE, balanced=True, batch_size=6, steps=6)
    drawn = []
    for images, targets in training_batches(arrays(labels), recipe, 3):
        assert targets.numpy().sum(axis=0).tolist() == [2, 2, 2]
        drawn.extend(numbers(images))
    assert [labels[number] for number in set(drawn)].count(0) == 12
    assert [drawn.count(number) for number in (12, 13, 14, 15)] == [4, 4, 4, 12]


def test_balanced_batches_are_those_of_an_unbroken_run_after_a_start():
    recipe = dataclasses.replace(RECIPE, balanced=True)
    examples = arrays([0, 0, 0, 1])
    whole = [numbers(images) for images, _ in training_batches(examples, recipe, 2)]
    late = training_batches(examples, recipe, 2, start=2)
    assert [numbers(images).tolist() for images, _ in late] == [whole[2].tolist()]


def test_what_cannot_be_balanced_is_refused(tmp_path):
    recipe = dataclasses.replace(RECIPE, balanced=True)
    with pytest.raises(InputError, match="too large to be indexed"):
        training_batches(stream(tmp_path, [0, 1, 2]), recipe, 3)
    with pytest.raises(InputError, match="one label each"):
        training_batches(arrays(SEVERAL), recipe, 3)


@pytest.mark.parametrize("kind", ["arrays", "stream"])
def test_each_example_has_the_weight_of_its_class(kind, tmp_path):
    labels = [0, 1, 2, 1]
    examples = arrays(labels) if kind == "arrays" else stream(tmp_path, labels)
    recipe = dataclasses.replace(RECIPE, class_weights=WEIGHTS)
    for images, targets, weights in training_batches(examples, recipe, 3):
        expected = [WEIGHTS[labels[number]] for number in numbers(images)]
        assert weights.numpy().tolist() == expected
        assert targets.numpy().argmax(-1).tolist() == [
            labels[number] for number in numbers(images)
        ]


def test_the_weighted_loss_of_mixed_examples_is_the_mixture_of_their_losses():
    examples = arrays([0, 1, 2, 2])
    recipe = dataclasses.replace(RECIPE, batch_size=2, steps=12, class_weights=WEIGHTS)
    plain = training_batches(examples, recipe, 3)
    recipe = dataclasses.replace(recipe, mixup_alpha=0.8)
    mixed = training_batches(examples, recipe, 3)
    logits = np.random.default_rng(0).normal(size=(2, 3)).astype("float32")
    without_weight = 0
    for (images, labels, weights), (mixtures, targets, mixed_weights) in zip(
        plain, mixed, strict=True
    ):
        level, partner, mixture = (
            float(image[0, 0, 0]) for image in (*images, mixtures[0])
        )
        share = (mixture - partner) / (level - partner)
        losses = weights * cross_entropy(labels, logits)
        # The logits are those of the place, whoever's label is learned there.
        partners = weights[::-1] * cross_entropy(labels[::-1], logits)
        np.testing.assert_allclose(
            mixed_weights * cross_entropy(targets, logits),
            share * losses + (1 - share) * partners,
            atol=1e-5,
        )
        without_weight += not np.any(weights)
    assert without_weight  # two of class 2, and nothing is divided by their 0


def test_a_wrong_number_of_class_weights_is_refused():
    recipe = dataclasses.replace(RECIPE, class_weights=(1.0, 2.0))
    with pytest.raises(InputError, match="each of the 3 classes. Received: 2"):
        training_batches(arrays([0, 1, 2]), recipe, 3)
    recipe = dataclasses.replace(RECIPE, class_weights=WEIGHTS)
    with pytest.raises(InputError, match="one label each"):
        training_batches(arrays(SEVERAL), recipe, 3)


def test_images_without_labels_come_alone():
    examples = dataclasses.replace(arrays([0, 1, 2]), labels=None)
    for (images,) in training_batches(examples, RECIPE, None):
        assert images.shape == (4, 4, 4, 3)
    ((images,),) = evaluation_batches(examples, RECIPE.preprocessing, None)
    assert numbers(images).tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"balanced": True}, "balanced"),
        ({"class_weights": (1.0, 2.0)}, "class_weights"),
        ({"balanced": True, "mixup_alpha": 0.1}, "balanced, mixup_alpha"),
        ({"mixup_alpha": 0.2, "cutmix_alpha": 1.0}, "mixup_alpha, cutmix_alpha"),
    ],
)
def test_what_needs_labels_is_refused_without_them(fields, named):
    examples = dataclasses.replace(arrays([0, 1, 2]), labels=None)
    recipe = dataclasses.replace(RECIPE, **fields)
    with pytest.raises(InputError, match=f"have no labels: leave out {named}.$"):
        training_batches(examples, recipe, None)
