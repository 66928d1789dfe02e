import keras
import numpy as np
import pytest

from bit_keras.losses import (
    LOSSES,
    probabilities,
    sigmoid_cross_entropy,
    softmax_cross_entropy,
    targets,
)

pytestmark = pytest.mark.backend

with np.load("tests/golden/05_losses_timm.npz", allow_pickle=False) as archive:
    TAGS = [n.removesuffix(":loss") for n in archive.files if n.endswith(":loss")]


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


def test_softmax_probabilities_sum_to_1():
    found = probabilities(np.array([[0, np.log(3)]], "float32"), "softmax")
    np.testing.assert_allclose(numbers(found), [[0.25, 0.75]], rtol=1e-6)


def test_sigmoid_probabilities_are_of_each_class_by_itself():
    found = probabilities(np.array([[0, np.log(3)]], "float32"), "sigmoid")
    np.testing.assert_allclose(numbers(found), [[0.5, 0.75]], rtol=1e-6)


@pytest.mark.parametrize("loss", LOSSES)
def test_probabilities_of_half_precision_are_float32(loss):
    logits = keras.ops.convert_to_tensor([[0.0, 1.0]], "float16")
    assert numbers(probabilities(logits, loss)).dtype == "float32"


@pytest.mark.parametrize("loss", LOSSES)
def test_the_loss_of_a_label_goes_by_its_probability(loss):
    logits = np.array([[0.3, -1.0]], "float32")
    labels = np.array([[1, 0]], "float32")
    own, other = numbers(probabilities(logits, loss))[0]
    expected = -np.log(own) - (np.log(1 - other) if loss == "sigmoid" else 0)
    found = numbers(LOSSES[loss].cross_entropy(labels, logits))[0]
    assert found == pytest.approx(expected, rel=1e-5)


def require_timms(tag, arrays, gradients, loss, labels):
    """Compares the mean over the examples, and its gradient by the logits."""

    def mean(logits):
        return keras.ops.mean(loss(labels, logits))

    value, found, _ = gradients(keras.layers.Identity(), mean, arrays["logits"])
    assert value == pytest.approx(float(arrays[f"{tag}:loss"]), rel=1e-5)
    np.testing.assert_allclose(found, arrays[f"{tag}:grad"], atol=1e-6)


def mean_sigmoid_cross_entropy(labels, logits):
    return sigmoid_cross_entropy(labels, logits) / logits.shape[-1]


@pytest.mark.parametrize("tag", [tag for tag in TAGS if "_th" in tag])
def test_the_sigmoid_loss_of_all_kinds_of_labels_is_that_of_timm(
    golden, gradients, tag
):
    arrays = golden("05_losses_timm.npz")
    _, _, smoothing, *share, threshold, summed = tag.split("_")
    labels = np.eye(10, dtype="float32")[arrays["labels"]]
    if share:
        labels = arrays[f"mixup_target_sm0.0_{share[0]}"]
    arguments = {"smoothing": float(smoothing[2:])}
    if threshold != "thNone":
        arguments |= {"mixed_labels": "threshold", "threshold": float(threshold[2:])}
    loss = sigmoid_cross_entropy if summed == "sum1" else mean_sigmoid_cross_entropy
    require_timms(tag, arrays, gradients, loss, targets(labels, **arguments))


@pytest.mark.parametrize("tag", [tag for tag in TAGS if tag.startswith("softce")])
def test_the_softmax_loss_of_mixed_labels_is_that_of_timm(golden, gradients, tag):
    arrays = golden("05_losses_timm.npz")
    labels = arrays[tag.replace("softce_soft", "mixup_target")]
    require_timms(tag, arrays, gradients, softmax_cross_entropy, labels)


@pytest.mark.parametrize("tag", [tag for tag in TAGS if tag.startswith("lsce")])
def test_the_softmax_loss_of_smoothed_labels_is_that_of_timm(golden, gradients, tag):
    arrays = golden("05_losses_timm.npz")
    labels = np.eye(10, dtype="float32")[arrays["labels"]]
    labels = targets(labels, smoothing=float(tag.removeprefix("lsce_sm")))
    require_timms(tag, arrays, gradients, softmax_cross_entropy, labels)


def test_the_sigmoid_loss_of_each_example_is_that_of_timm(golden):
    arrays = golden("05_losses_timm.npz")
    labels = np.eye(10, dtype="float32")[arrays["labels"]]
    found = sigmoid_cross_entropy(labels, arrays["logits"])
    expected = arrays["bce_hard_sm0.0_none:loss"].sum(axis=-1)
    np.testing.assert_allclose(numbers(found), expected, rtol=1e-5)
