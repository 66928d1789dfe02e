import keras
import numpy as np
import pytest

from bit_keras.losses import sigmoid_cross_entropy, softmax_cross_entropy

pytestmark = pytest.mark.backend


def numbers(values):
    return keras.ops.convert_to_numpy(values)


def test_the_softmax_loss_of_equal_logits_is_the_log_of_the_classes():
    losses = softmax_cross_entropy(
        np.eye(4, dtype="float32"), np.zeros((4, 4), "float32")
    )
    np.testing.assert_allclose(numbers(losses), np.log(4) * np.ones(4), rtol=1e-6)


def test_the_softmax_loss_of_mixed_labels_is_the_mix_of_losses():
    logits = np.array([[0.3, -1.0, 2.0]], "float32")
    each = [
        numbers(softmax_cross_entropy(np.eye(3, dtype="float32")[[c]], logits))[0]
        for c in range(3)
    ]
    mixed = softmax_cross_entropy(np.array([[0.5, 0.2, 0.3]], "float32"), logits)
    assert numbers(mixed)[0] == pytest.approx(np.dot([0.5, 0.2, 0.3], each), rel=1e-6)


def test_the_sigmoid_loss_is_the_sum_over_the_classes():
    losses = sigmoid_cross_entropy(
        np.array([[1, 0, 1]], "float32"), np.array([[0, 0, np.log(3)]], "float32")
    )
    # Probabilities 1/2, 1/2 and 3/4 of what is right.
    assert numbers(losses)[0] == pytest.approx(-np.log(0.5 * 0.5 * 0.75), rel=1e-6)


def test_the_sigmoid_loss_of_large_logits_is_exact():
    losses = sigmoid_cross_entropy(
        np.array([[1, 0]], "float32"), np.array([[-200, 300]], "float32")
    )
    assert numbers(losses)[0] == 500
