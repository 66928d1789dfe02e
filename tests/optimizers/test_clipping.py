import keras
import numpy as np
import pytest

from bit_keras.optimizers import SGD, adaptively_clipped

pytestmark = pytest.mark.backend


def units_last(values):
    """Turns the layout of torch, (units, …), into that of Keras, (…, units)."""
    return np.moveaxis(values, 0, -1) if values.ndim > 1 else values


@pytest.mark.parametrize("factor", [0.01, 0.1])
@pytest.mark.parametrize(
    "name",
    [
        *("conv.weight", "dw.weight", "fc.weight", "fc.bias", "bn.weight"),
        *("scalar", "zero.weight"),
    ],
)
def test_units_are_clipped_as_by_timm(golden, name, factor):
    arrays = golden("14_agc.npz")
    kinds = ("grad", "param", f"clipped_cf{factor}_eps0.001")
    gradient, weights, expected = (units_last(arrays[f"{k}:{name}"]) for k in kinds)
    found = adaptively_clipped(
        keras.ops.convert_to_tensor(gradient), keras.Variable(weights), factor
    )
    np.testing.assert_allclose(keras.ops.convert_to_numpy(found), expected, rtol=1e-6)


def moved(name, **arguments):
    """Gives by how much kernel and bias change under gradients of 1 and rate 1."""
    layer = keras.layers.Dense(2, name=name)
    layer.build((None, 1))
    layer.set_weights([np.array([[10.0, 0.1]]), np.array([0.3, 0.4])])
    before = layer.get_weights()
    optimizer = SGD(1.0, **arguments)
    optimizer.build(layer.trainable_variables)
    optimizer.apply([keras.ops.ones((1, 2)), keras.ops.ones(2)])
    return [b - a for b, a in zip(before, layer.get_weights(), strict=True)]


def test_an_optimizer_clips_before_weight_decay_is_added():
    kernel, bias = moved("hidden", adaptive_clip=0.5, weight_decay=0.1)
    np.testing.assert_allclose(kernel, [[1 + 1, 0.05 + 0.01]], rtol=1e-5)
    np.testing.assert_allclose(bias, np.ones(2) * 0.25 / np.sqrt(2), rtol=1e-5)


def test_the_head_is_not_clipped():
    kernel, bias = moved("logits", adaptive_clip=0.5)
    np.testing.assert_allclose(kernel, [[1, 1]], rtol=1e-5)
    np.testing.assert_allclose(bias, [1, 1], rtol=1e-5)


def test_what_is_not_clipped_can_be_named():
    kernel, bias = moved("logits", adaptive_clip=0.5, unclipped="bias$")
    np.testing.assert_allclose(kernel, [[1, 0.05]], rtol=1e-5)
    np.testing.assert_allclose(bias, [1, 1], rtol=1e-5)
