import numpy as np
import pytest
import tensorflow as tf

from bit_keras.errors import InputError
from bit_keras.evaluation.running import classify


def as_logits(images, training):
    """A network whose logits are its pixels; it insists on inference mode."""
    assert training is False
    return tf.cast(images, tf.float32)


def batches(logits, labels, batch_size, classes):
    targets = np.eye(classes, dtype="float32")[np.asarray(labels)]
    dataset = tf.data.Dataset.from_tensor_slices((np.float32(logits), targets))
    return dataset.batch(batch_size)


def test_classify_gives_softmax_of_logits_and_labels_in_order():
    dataset = batches([[0, np.log(3)], [0, 0], [np.log(4), 0]], [1, 1, 0], 2, 2)
    predictions = classify(as_logits, dataset)
    expected = [[0.25, 0.75], [0.5, 0.5], [0.8, 0.2]]
    np.testing.assert_allclose(predictions.probabilities, expected, rtol=1e-6)
    np.testing.assert_array_equal(predictions.labels, [1, 1, 0])


def test_probabilities_of_a_half_precision_network_are_float32():
    def half(images, training):
        return tf.cast(images, tf.float16)

    probabilities = classify(half, batches([[0, 1]], [0], 1, 2)).probabilities
    assert probabilities.dtype == np.float32
    np.testing.assert_allclose(probabilities[0, 1], 1 / (1 + np.exp(-1)), rtol=1e-6)


def test_a_network_is_traced_once_though_the_last_batch_is_smaller():
    traced = []

    def network(images, training):
        traced.append(images.shape)
        return images

    classify(network, batches(np.zeros((11, 2)), [0] * 11, 4, 2))
    assert [shape[0] for shape in traced] == [None]


def test_nan_is_refused():
    dataset = batches([[0, 1], [np.nan, 1]], [0, 1], 1, 2)
    with pytest.raises(InputError, match="NaN"):
        classify(as_logits, dataset)


def test_foreign_class_count_is_refused():
    with pytest.raises(InputError, match="tells 3 classes apart.*has 2"):
        classify(as_logits, batches([[0, 1, 2]], [1], 1, 2))


def test_empty_dataset_is_refused():
    with pytest.raises(InputError, match="no examples"):
        classify(as_logits, batches([[0, 1]], [1], 1, 2).take(0))


def test_a_fast_run_shows_no_bar(capsys):
    classify(as_logits, batches([[0, 1]], [1], 1, 2), description="test")
    assert capsys.readouterr() == ("", "")


def targets_and_logits():
    """Logits of several labels per example, and a dataset of them."""
    logits = np.float32([[2, -1, 0.5], [-3, 4, -0.1], [0, -2, 9]])
    targets = np.float32([[1, 0, 0], [0, 0, 0], [1, 1, 1]])
    return logits, targets, tf.data.Dataset.from_tensor_slices((logits, targets))


def test_sigmoids_judge_each_class_by_itself():
    logits, targets, dataset = targets_and_logits()
    predictions = classify(
        as_logits, dataset.batch(2), loss="sigmoid", multi_label=True
    )
    assert predictions.multi_label
    np.testing.assert_allclose(
        predictions.probabilities, 1 / (1 + np.exp(-logits)), rtol=1e-6
    )
    np.testing.assert_array_equal(predictions.labels, targets)
    assert predictions.labels.dtype == np.int8


def test_sigmoids_may_judge_single_labels():
    logits, _, dataset = targets_and_logits()
    one_each = dataset.map(lambda image, _: (image, tf.one_hot(1, 3)))
    predictions = classify(as_logits, one_each.batch(2), loss="sigmoid")
    assert not predictions.multi_label
    assert predictions.loss == "sigmoid"
    np.testing.assert_allclose(
        predictions.probabilities, 1 / (1 + np.exp(-logits)), rtol=1e-6
    )
    np.testing.assert_array_equal(predictions.labels, [1, 1, 1])
