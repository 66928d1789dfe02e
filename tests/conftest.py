"""Reference arrays, and one way to run and differentiate on every Keras backend."""

import functools
import pathlib

import numpy as np
import pytest

GOLDEN = pathlib.Path(__file__).with_name("golden")


@functools.cache
def read_golden(name):
    with np.load(GOLDEN / name, allow_pickle=False) as archive:
        return dict(archive)


@pytest.fixture(scope="session")
def golden():
    """Gives a function from the name of a file in tests/golden to its arrays."""
    return read_golden


@pytest.fixture(scope="session")
def golden_folder():
    return GOLDEN


@pytest.fixture(scope="session")
def run_layer():
    """Gives a function (layer, inputs) -> output arrays, fast on every backend."""
    return _run


@pytest.fixture(scope="session")
def gradients():
    """Gives a function (layer, loss, inputs) -> loss and gradients as arrays.

    `loss` takes the layer's output to a number; the result is (number, gradient of the
    inputs, gradients of the trainable variables in their order).
    """
    return _gradients


def _run(layer, inputs):
    import keras

    if keras.backend.backend() != "jax":
        return _arrays(layer(inputs))
    import jax  # outside of jit, JAX would compile every operation by itself

    if not layer.built:
        layer.build(inputs.shape)
    outputs, _ = jax.jit(layer.stateless_call)(*_state(layer), inputs)
    return _arrays(outputs)


def _gradients(layer, loss, inputs):
    import keras

    compute = {
        "tensorflow": _tensorflow_gradients,
        "jax": _jax_gradients,
        "torch": _torch_gradients,
    }[keras.backend.backend()]
    value, of_inputs, of_variables = _arrays(compute(layer, loss, inputs))
    return float(value), of_inputs, of_variables


def _tensorflow_gradients(layer, loss, inputs):
    import tensorflow as tf

    inputs = tf.convert_to_tensor(inputs)
    variables = [variable.value for variable in layer.trainable_variables]
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        value = loss(layer(inputs))
    return value, *tape.gradient(value, (inputs, variables))


def _jax_gradients(layer, loss, inputs):
    import jax

    def value_of(trainable, inputs):
        return loss(layer.stateless_call(trainable, fixed, inputs)[0])

    trainable, fixed = _state(layer)
    compute = jax.jit(jax.value_and_grad(value_of, argnums=(0, 1)))
    value, (of_variables, of_inputs) = compute(trainable, inputs)
    return value, of_inputs, of_variables


def _torch_gradients(layer, loss, inputs):
    from keras import ops

    inputs = ops.convert_to_tensor(inputs).requires_grad_()
    layer.zero_grad()
    value = loss(layer(inputs))
    value.backward()
    of_variables = [variable.value.grad for variable in layer.trainable_variables]
    return value, inputs.grad, of_variables


def _state(layer):
    kinds = layer.trainable_variables, layer.non_trainable_variables
    return tuple([variable.value for variable in kind] for kind in kinds)


def _arrays(values):
    from keras import ops

    if isinstance(values, (list, tuple)):
        return type(values)(_arrays(value) for value in values)
    return ops.convert_to_numpy(ops.cast(values, "float32"))
