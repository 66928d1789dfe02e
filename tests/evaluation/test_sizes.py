import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from bit_keras.data.batches import batches_of_several
from bit_keras.data.examples import ArrayExamples
from bit_keras.errors import InputError
from bit_keras.evaluation.multi_label import mean_average_precision
from bit_keras.evaluation.running import Predictions
from bit_keras.evaluation.sizes import Outcome, difference, evaluate_sizes
from bit_keras.preprocessing import Preprocessing

WHOLE, CENTRE, SMALL = WAYS = [
    Preprocessing(crop=8),
    Preprocessing(crop=8, share=0.5),
    Preprocessing(crop=4),
]


def brightness(images, training):
    """A network of two classes: darker than 100 on average, or not."""
    mean = tf.reduce_mean(images, axis=(1, 2, 3))
    return tf.stack([100 - mean, mean - 100], axis=-1)


def always_dark(images, training):
    return tf.stack([tf.ones(tf.shape(images)[0]), tf.zeros(tf.shape(images)[0])], -1)


def squares():
    """Dark images with a bright square in the middle, which the labels go by."""
    pixels = np.zeros((70, 16, 16, 3), "uint8")
    pixels[::2, 4:12, 4:12] = 255
    return ArrayExamples(pixels, (np.arange(70) + 1) % 2)


def evaluated(networks, examples, multi_label=False):
    batches = batches_of_several(examples, WAYS, 2)
    return evaluate_sizes(
        networks, batches, WAYS, loss="sigmoid", multi_label=multi_label
    )


def test_each_way_shows_the_network_other_images():
    whole, centre, _ = evaluated({8: brightness, 4: brightness}, squares())
    assert (whole.value, centre.value) == (0.5, 1.0)
    assert whole.figure == "top1"
    assert not whole.right[::2].any()
    assert whole.right[1::2].all()


def test_each_size_has_its_own_network():
    _, centre, small = evaluated({8: brightness, 4: always_dark}, squares())
    assert (centre.value, small.value) == (1.0, 0.5)
    assert small.preprocessing == SMALL


def test_of_several_labels_it_is_the_mean_average_precision():
    levels = np.array([50, 90, 150, 160], "uint8").reshape(4, 1, 1, 1)
    labels = np.array([[1, 0], [0, 1], [1, 1], [0, 0]])
    examples = ArrayExamples(np.tile(levels, (1, 8, 8, 3)), labels)
    outcome = evaluated({8: brightness, 4: brightness}, examples, True)[0]
    # From dark to bright the first and the third have the first class; from bright to
    # dark the second and the third have the other one.
    expected = ((1 + 2 / 3) + (1 / 2 + 2 / 3)) / 4
    assert outcome.value == pytest.approx(expected)
    assert outcome.figure == "mean_average_precision"
    assert outcome.interval is None


def test_several_labels_of_which_each_image_has_one_are_counted():
    one_each = np.eye(2, dtype="int8")[squares().labels]
    examples = dataclasses.replace(squares(), labels=one_each)
    outcomes = evaluated({8: brightness, 4: brightness}, examples, True)
    assert [outcome.figure for outcome in outcomes] == 3 * ["top1"]
    assert [outcome.value for outcome in outcomes[:2]] == [0.5, 1.0]


def test_no_images_are_refused():
    batches = batches_of_several(squares(), WAYS, 2).take(0)
    networks = {8: brightness, 4: brightness}
    with pytest.raises(InputError, match="no examples"):
        evaluate_sizes(networks, batches, WAYS, loss="softmax", multi_label=False)


def outcome_of(right):
    return Outcome(WHOLE, "top1", float(np.mean(right)), right=np.asarray(right))


def test_a_difference_among_many_ways_is_less_certain():
    best, other = outcome_of([True] * 90 + [False] * 10), outcome_of([True] * 100)
    two, nine = (difference(other, best, ways) for ways in (2, 9))
    assert two.value == nine.value == pytest.approx(0.1)
    assert nine.low < two.low < 0.1 < two.high < nine.high


def test_the_best_of_many_alike_is_seldom_said_to_be_better():
    generator = np.random.default_rng(0)
    said = 0
    for _ in range(300):
        in_common, own = generator.random(80) < 0.7, generator.random((9, 80)) < 0.7
        ways = np.where(generator.random((9, 80)) < 0.3, own, in_common)
        own, *_ = ways = [outcome_of(right) for right in ways]
        best = max(ways, key=lambda outcome: outcome.value)
        said += difference(best, own, 9).low > 0
    # Two standard deviations above 5 % of 300.
    assert said <= 22


def guesses(noise, generator, labels):
    logits = labels + noise * generator.normal(size=labels.shape)
    predictions = Predictions(np.float32(1 / (1 + np.exp(-logits))), labels, "sigmoid")
    value = mean_average_precision(predictions.probabilities, labels)
    return Outcome(WHOLE, "mean_average_precision", value, predictions=predictions)


def test_differences_of_mean_average_precision_are_judged_by_chance_too():
    generator = np.random.default_rng(0)
    held = clear = 0
    for _ in range(10):
        labels = (generator.random((120, 3)) < 0.3).astype("int8")
        one, alike = (guesses(1.0, generator, labels) for _ in range(2))
        found = difference(one, alike, 2)
        held += found.low <= 0 <= found.high
        clear += difference(guesses(0.3, generator, labels), one, 2).low > 0
    assert held >= 8  # two standard deviations below 95 % of 10
    assert clear >= 8
