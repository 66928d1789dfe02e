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


def test_an_unknown_objective_is_refused_with_a_suggestion():
    with pytest.raises(InputError, match="Did you mean 'classification'"):
        objective("clasification")
