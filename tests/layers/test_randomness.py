"""Random layers: what they keep, and what their draws depend on."""

import keras
import numpy as np
import pytest
from keras import ops

from bit_keras.layers import Dropout, StochasticDepth
from bit_keras.layers.randomness import GENERATOR, drawn_in_groups

pytestmark = pytest.mark.backend
IMAGES = np.ones((64, 5, 4, 8), "float32")


def drawn(layer, images, key, group):
    """Gives what a layer makes of images whose first group has the number key[1]."""
    state = ops.convert_to_tensor(np.array(key), layer.seed_generator.state.dtype)
    with drawn_in_groups(group):
        outputs, _ = layer.stateless_call([], [state], images, training=True)
    return ops.convert_to_numpy(outputs)


@pytest.mark.parametrize("kind", [Dropout, StochasticDepth])
def test_nothing_is_dropped_outside_of_training(kind):
    np.testing.assert_array_equal(kind(0.5)(IMAGES, training=False), IMAGES)


def test_dropout_drops_its_share_of_values_and_scales_the_rest():
    outputs = ops.convert_to_numpy(Dropout(0.25, seed=1)(IMAGES, training=True))
    assert set(np.unique(outputs)) == {0, np.float32(1 / 0.75)}
    assert (outputs == 0).mean() == pytest.approx(0.25, abs=0.03)


def test_stochastic_depth_drops_whole_examples():
    outputs = ops.convert_to_numpy(StochasticDepth(0.5, seed=1)(IMAGES, training=True))
    values = outputs.reshape(64, -1)
    assert (values == values[:, :1]).all()
    assert set(np.unique(values)) == {0, 2}


def test_another_call_draws_other_numbers():
    layer = Dropout(0.5, seed=1)
    first, second = (
        ops.convert_to_numpy(layer(IMAGES, training=True)) for _ in range(2)
    )
    assert (first != second).any()


@pytest.mark.parametrize("kind", [Dropout, StochasticDepth])
def test_groups_are_drawn_alike_however_a_batch_is_divided(kind):
    layer = kind(0.5)
    whole = drawn(layer, IMAGES, (7, 10), 2)
    parts = [
        drawn(layer, IMAGES[:24], (7, 10), 2),
        drawn(layer, IMAGES[24:], (7, 22), 2),
    ]
    np.testing.assert_array_equal(whole, np.concatenate(parts))


def test_groups_and_keys_draw_other_numbers():
    layer = Dropout(0.5)
    first = drawn(layer, IMAGES, (7, 0), 8)
    groups = first.reshape(8, -1)
    assert len(np.unique(groups, axis=0)) == 8
    assert (first != drawn(layer, IMAGES, (8, 0), 8)).any()


@pytest.mark.parametrize("kind", [Dropout, StochasticDepth])
def test_the_state_is_known_by_its_name(kind):
    (state,) = kind(0.5).non_trainable_variables
    assert GENERATOR in state.path
    assert state.path.endswith("seed_generator_state")


def test_infinite_values_that_are_dropped_become_zero():
    images = np.full((4, 8), np.inf, "float32")
    outputs = ops.convert_to_numpy(Dropout(0.5, seed=0)(images, training=True))
    assert set(np.unique(outputs)) == {0, np.inf}


def test_a_rate_out_of_range_is_refused():
    with pytest.raises(ValueError, match="from 0 to below 1. Received: 1.0"):
        Dropout(1.0)


def test_half_precision_stays():
    layer = Dropout(0.5, dtype="mixed_bfloat16")
    outputs = layer(keras.ops.cast(IMAGES, "bfloat16"), training=True)
    assert keras.backend.standardize_dtype(outputs.dtype) == "bfloat16"


@pytest.mark.parametrize("kind", [Dropout, StochasticDepth])
def test_the_last_group_may_be_smaller(kind):
    layer = kind(0.5)
    whole = drawn(layer, IMAGES, (3, 0), 4)
    np.testing.assert_array_equal(drawn(layer, IMAGES[:6], (3, 0), 4), whole[:6])
