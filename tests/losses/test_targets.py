import keras
import numpy as np
import pytest

from bit_keras.errors import InputError
from bit_keras.losses import MIXED_LABELS, smoothed, targets

pytestmark = pytest.mark.backend

MIXED = np.array([[0.75, 0.25, 0, 0], [0, 1, 0, 0], [0, 0, 0.001, 0.999]], "float32")


def numbers(values):
    return keras.ops.convert_to_numpy(values)


@pytest.mark.parametrize("share", range(7))
def test_smoothed_mixtures_are_those_of_timm(golden, share):
    arrays = golden("05_losses_timm.npz")
    found = smoothed(arrays[f"mixup_target_sm0.0_lam{share}"], 0.1)
    expected = arrays[f"mixup_target_sm0.1_lam{share}"]
    np.testing.assert_allclose(numbers(found), expected, atol=1e-6)


def test_soft_labels_are_the_shares():
    np.testing.assert_array_equal(numbers(targets(MIXED)), MIXED)


def test_every_class_with_a_share_is_present():
    expected = [[1, 1, 0, 0], [0, 1, 0, 0], [0, 0, 1, 1]]
    np.testing.assert_array_equal(numbers(targets(MIXED, "presence")), expected)


def test_smoothing_makes_no_class_present():
    found = numbers(targets(MIXED, "presence", smoothing=0.2))
    on, off = 0.85, 0.05
    expected = [[on, on, off, off], [off, on, off, off], [off, off, on, on]]
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_a_share_must_be_above_the_threshold():
    found = numbers(targets(MIXED, "threshold", threshold=0.25))
    np.testing.assert_array_equal(found, [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1]])


def test_shares_are_compared_with_the_threshold_after_smoothing():
    # 0.75 becomes 0.5, 0.25 becomes 0.25, and 0 becomes 0.125.
    found = numbers(targets(MIXED[:1], "threshold", smoothing=0.5, threshold=0.3))
    np.testing.assert_array_equal(found, [[1, 0, 0, 0]])
    found = numbers(targets(MIXED[:1], "threshold", smoothing=0.5, threshold=0.2))
    np.testing.assert_array_equal(found, [[1, 1, 0, 0]])


@pytest.mark.parametrize("name", MIXED_LABELS)
def test_targets_have_the_type_of_the_labels(name):
    found = targets(MIXED.astype("float16"), name, smoothing=0.1)
    assert numbers(found).dtype == "float16"


def test_an_unknown_name_is_refused_with_a_suggestion():
    with pytest.raises(InputError, match="'presense'. Did you mean 'presence'"):
        targets(MIXED, "presense")
