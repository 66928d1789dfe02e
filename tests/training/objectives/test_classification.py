import numpy as np
import pytest
import tensorflow as tf

from bit_keras.errors import InputError
from bit_keras.training.objectives import objective
from bit_keras.training.objectives.classification import Classification

LOGITS = np.array([[2.0, 0.0, 0.0], [0.0, 0.0, 1.0]], "float32")
# -log softmax of the class 0 of the first row and of the class 1 of the second
LOSSES = [np.log(np.exp(2) + 2) - 2, np.log(np.exp(1) + 2)]


def sums(recipe, *labels_and_weights):
    batch = (tf.zeros((2, 1, 1, 3)), *map(tf.constant, labels_and_weights))
    found = Classification(recipe).sums(lambda images: tf.constant(LOGITS), batch)
    return {name: float(value) for name, value in found.items()}


def test_losses_and_hits_are_summed(small_recipe):
    found = sums(small_recipe(), np.eye(3, dtype="float32")[:2])
    assert found["loss"] == pytest.approx(sum(LOSSES), rel=1e-6)
    assert found["accuracy"] == 1


def test_weights_weight_the_losses(small_recipe):
    weights = np.array([3.0, 0.5], "float32")
    found = sums(small_recipe(), np.eye(3, dtype="float32")[:2], weights)
    assert found["loss"] == pytest.approx(3 * LOSSES[0] + 0.5 * LOSSES[1], rel=1e-6)


def test_the_recipe_names_the_loss(small_recipe):
    found = sums(small_recipe(loss="sigmoid"), np.zeros((2, 3), "float32"))
    expected = np.log1p(np.exp(LOGITS)).sum()
    assert found["loss"] == pytest.approx(expected, rel=1e-6)
    assert found["accuracy"] == 0


def binary(targets):
    """The loss of sigmoids at `LOGITS`, of each example and class."""
    return np.log1p(np.exp(LOGITS)) - np.array(targets) * LOGITS


MIXED = np.array([[0.25, 0.75, 0.0], [0.0, 0.25, 0.75]], "float32")


@pytest.mark.parametrize(
    ("fields", "targets"),
    [
        ({}, MIXED),
        ({"label_smoothing": 0.3}, 0.7 * MIXED + 0.1),
        ({"mixed_labels": "presence"}, [[1, 1, 0], [0, 1, 1]]),
        (
            {"mixed_labels": "presence", "label_smoothing": 0.3},
            [[0.8, 0.8, 0.1], [0.1, 0.8, 0.8]],
        ),
        ({"mixed_labels": "threshold"}, [[1, 1, 0], [0, 1, 1]]),
        (
            {"mixed_labels": "threshold", "label_threshold": 0.5},
            [[0, 1, 0], [0, 0, 1]],
        ),
    ],
)
def test_the_recipe_says_what_is_learned_of_mixed_labels(small_recipe, fields, targets):
    found = sums(small_recipe(loss="sigmoid", **fields), MIXED)
    assert found["loss"] == pytest.approx(binary(targets).sum(), rel=1e-6)
    # Of the first image the class with the smaller share is most probable.
    assert found["accuracy"] == 1


def test_labels_of_a_softmax_are_smoothed(small_recipe):
    one_hot = np.eye(3, dtype="float32")[:2]
    found = sums(small_recipe(label_smoothing=0.3), one_hot)
    log_shares = LOGITS - np.log(np.exp(LOGITS).sum(axis=-1, keepdims=True))
    expected = -((0.7 * one_hot + 0.1) * log_shares).sum()
    assert found["loss"] == pytest.approx(expected, rel=1e-6)
    assert found["accuracy"] == 1


def test_the_loss_may_be_the_mean_over_the_classes(small_recipe):
    weights = np.array([3.0, 0.5], "float32")
    found = sums(small_recipe(loss="sigmoid", class_mean=True), MIXED, weights)
    expected = binary(MIXED).mean(axis=-1) @ weights
    assert found["loss"] == pytest.approx(expected, rel=1e-6)


def test_an_evaluation_takes_labels_as_they_are(small_recipe):
    recipe = small_recipe(
        loss="sigmoid", class_mean=True, label_smoothing=0.3, mixed_labels="presence"
    )
    found = Classification(recipe).loss(tf.constant(MIXED), tf.constant(LOGITS))
    np.testing.assert_allclose(found, binary(MIXED).mean(axis=-1), rtol=1e-6)


def test_an_unknown_objective_is_refused_with_a_suggestion():
    with pytest.raises(InputError, match="Did you mean 'classification'"):
        objective("clasification")
