"""Reference arrays, small pictures, a finished run, and any Keras backend."""

import contextlib
import dataclasses
import functools
import io
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


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory):
    """The cache folder of all tests, so that none touches the user's files."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BIT_KERAS_HOME", str(folder))
        yield folder


@pytest.fixture(scope="session")
def write_pictures():
    """Gives a function that fills a folder with class folders of small JPEGs.

    (folder, count, names=…) -> folder; the classes look blue, green and red.
    """
    return _write_pictures


@pytest.fixture(scope="session")
def pictures(tmp_path_factory):
    """A folder of 10 good pictures per class, and two files that are no images."""
    folder = _write_pictures(tmp_path_factory.mktemp("data") / "colours", 10)
    (folder / "blue" / "empty.jpg").touch()
    (folder / "red" / "page.jpg").write_text("<html>not found</html>")
    return folder


@dataclasses.dataclass(frozen=True)
class Finished:
    """A run that the finetune command made: its folder, command line and output."""

    folder: pathlib.Path
    arguments: tuple[str, ...]
    printed: str


@pytest.fixture(scope="session")
def finished(pictures, tmp_path_factory):
    """A finished run on `pictures`, for all tests: they must not change it."""
    from bit_keras.commands import main

    folder = tmp_path_factory.mktemp("runs") / "colours"
    fields = "resize=36 crop=32 batch_size=12 base_lr=0.01 decay_at="
    arguments = (
        *("finetune", "--dataset", str(pictures), "--model", "bit_tiny"),
        *("--output", str(folder), "--steps", "6", "--set", *fields.split()),
    )
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        assert main(arguments) == 0
    return Finished(folder, arguments, printed.getvalue())


def _write_pictures(folder, count, *, names=("blue", "green", "red")):
    from PIL import Image

    colours = {"blue": (40, 60, 200), "green": (50, 180, 60), "red": (200, 50, 40)}
    generator = np.random.default_rng(0)
    for name in names:
        (folder / name).mkdir(parents=True)
        for number in range(count):
            noise = generator.normal(0, 30, (24, 30, 3))
            pixels = np.clip(colours.get(name, (128,) * 3) + noise, 0, 255).astype(
                "uint8"
            )
            Image.fromarray(pixels).save(folder / name / f"{number}.jpg")
    return folder


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
        several = isinstance(inputs, list)
        layer.build([x.shape for x in inputs] if several else inputs.shape)
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
