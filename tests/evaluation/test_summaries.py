import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from bit_keras.evaluation.running import Predictions, classify
from bit_keras.evaluation.summaries import summarize

NAMES = ["cat", "dog", "fox"]


def as_logits(images, training):
    return images


def of_sigmoids(targets, multi_label):
    """Gives predictions of a network trained with sigmoids, and its mean loss."""
    logits = np.float32([[2, -1, 0.5], [-3, 4, -0.1], [0, -2, 9]])
    dataset = tf.data.Dataset.from_tensor_slices((logits, np.float32(targets)))
    predictions = classify(
        as_logits, dataset.batch(2), loss="sigmoid", multi_label=multi_label
    )
    losses = tf.nn.sigmoid_cross_entropy_with_logits(np.float32(targets), logits)
    return predictions, float(tf.reduce_mean(tf.reduce_sum(losses, axis=-1)))


def test_the_loss_of_several_labels_is_that_of_their_training():
    predictions, loss = of_sigmoids([[1, 0, 0], [0, 0, 0], [1, 1, 1]], True)
    assert summarize(predictions, NAMES)["loss"] == pytest.approx(loss)


def test_single_labels_trained_with_sigmoids_are_summarised_as_single_labels():
    predictions, loss = of_sigmoids(np.eye(3)[[0, 1, 0]], False)
    summary = summarize(predictions, NAMES)
    assert summary["top1"] == pytest.approx(2 / 3)
    assert summary["confusion"] == [[1, 0, 1], [0, 1, 0], [0, 0, 0]]
    assert "mean_average_precision" not in summary
    assert summary["loss"] == pytest.approx(loss, rel=1e-4)


def test_the_loss_of_single_labels_goes_by_what_trained_the_network(pets):
    of_sigmoids = dataclasses.replace(pets, loss="sigmoid")
    losses = [summarize(kind, NAMES)["loss"] for kind in (pets, of_sigmoids)]
    assert losses[1] > losses[0] + 0.1


def test_several_labels_of_which_each_has_one_have_a_most_probable_class_too(pets):
    labels = np.eye(3, dtype="int8")[pets.labels]
    summary = summarize(Predictions(pets.probabilities, labels, "sigmoid"), NAMES)
    assert summary["top1"] == pytest.approx(4 / 6)
    assert summary["macro_recall"] == pytest.approx((3 / 5 + 1) / 2)
    assert summary["exact_match"] == pytest.approx(4 / 6)
    assert summary["confusion"] is None
