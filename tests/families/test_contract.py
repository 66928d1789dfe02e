"""What every network of every family promises; a new family is held to it at once."""

import contextlib
import functools
import math
import os
import pathlib
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
import toy
from keras import ops

import bit_keras
from bit_keras import families, weights
from bit_keras.layers import PixelNormalization
from bit_keras.models import build, endpoint, endpoints, for_inference
from bit_keras.recipes import Recipe
from bit_keras.training import Learner
from bit_keras.weights.layouts import layout_of_file, layout_of_network

# Families that a test adds: registry name -> function that gives a context in which
# all the tables know it.
ADDED = {toy.NAME: toy.lines}
# Parameters of networks that are computed with, and of those that take too long for
# `make test`. Of larger ones only layers and shapes are looked at.
QUICK, SLOW = 5_000_000, 20_000_000
SIZE = (32, 48)
SQUARE = (32, 32)  # what files of some families can tell alone
CLASSES = 3

LOADING = """
import sys
import bit_keras, keras, numpy
model = keras.models.load_model(sys.argv[1])
numpy.save(sys.argv[3], model.predict_on_batch(numpy.load(sys.argv[2])))
"""


def computed():
    """Gives the parameters of the tests that compute with a network."""
    for name in families.names():
        _, spec = families.network(name)
        if spec.parameters(image_size=SIZE) < SLOW:
            slow = spec.parameters(image_size=SIZE) > QUICK
            yield pytest.param(name, marks=[pytest.mark.slow] * slow)
    yield from ADDED


def context_of(name):
    return ADDED.get(name, contextlib.nullcontext)()


@pytest.fixture(scope="module", params=[*families.names(), *ADDED])
def name(request):
    """Registry name of a network, which the tables know for as long as the test."""
    with context_of(request.param):
        yield request.param


@pytest.fixture(scope="module", params=computed())
def small(request):
    """Registry name of a network that is small enough to compute with."""
    with context_of(request.param):
        yield request.param


def new(name, seed=0, **arguments):
    """A network with a head, whose weights are all random, so that none is idle."""
    arguments = {"num_classes": CLASSES, "image_size": SIZE} | arguments
    network = build(name, **arguments)
    generator = np.random.default_rng(seed)
    for variable in network.weights:
        # Positive, because some are variances; kernels keep their outputs' size.
        noise = generator.uniform(0.5, 1.5, variable.shape)
        if len(variable.shape) > 1:
            noise = generator.normal(0, 1, variable.shape)
            noise /= np.sqrt(np.prod(variable.shape[:-1]))
        variable.assign(noise)
    return network


@pytest.fixture(scope="module")
def network(small):
    """A network of random weights: tests must not change it."""
    return new(small)


@pytest.fixture(scope="module")
def images():
    generator = np.random.default_rng(1)
    return generator.integers(0, 256, (2, *SIZE, 3)).astype("float32")


@functools.cache
def outline(name, num_classes=None):
    """A network without numbers: only its layers and shapes can be looked at."""
    try:
        with keras.StatelessScope(initialize_variables=False):
            return build(name, num_classes=num_classes, image_size=SIZE)
    finally:
        keras.utils.clear_session()  # else its variables would be made after all


def test_spec_counts_the_parameters(name):
    _, spec = families.network(name)
    for classes in (None, CLASSES):
        variables = outline(name, classes).trainable_variables
        found = sum(math.prod(variable.shape) for variable in variables)
        assert found == spec.parameters(num_classes=classes, image_size=SIZE)


def test_spec_names_the_endpoints(name):
    _, spec = families.network(name)
    network = outline(name, CLASSES)
    assert endpoints(network) == spec.endpoints
    assert spec.endpoints[-2:] == ("pre_logits", "logits")
    assert endpoints(outline(name)) == spec.endpoints[:-1]


def test_spec_tells_whether_the_batch_as_a_whole_counts(name):
    _, spec = families.network(name)
    layers = outline(name).layers
    kinds = keras.layers.BatchNormalization
    assert spec.batch_statistics == any(isinstance(layer, kinds) for layer in layers)


def test_larger_images_cost_more(name):
    _, spec = families.network(name)
    small, large = SIZE, tuple(2 * side for side in SIZE)
    assert 0 < spec.multiply_adds(small) < spec.multiply_adds(large)
    assert 0 < spec.activations(small) < spec.activations(large)


def test_network_takes_pixels_as_its_family_does(name):
    family, _ = families.network(name)
    first = outline(name).layers[1]
    assert isinstance(first, PixelNormalization)
    assert first.normalization == family.normalization


def test_images_need_not_be_square(network, images, run_layer):
    found = run_layer(network, images)
    assert found.shape == (2, CLASSES)
    assert np.ptp(found) > 0
    assert np.isfinite(found).all()


def test_every_endpoint_has_outputs(network, images, run_layer):
    for place in endpoints(network):
        found = run_layer(endpoint(network, place), images)
        assert len(found) == len(images)
        assert np.isfinite(found).all()


def test_mixed_precision_gives_nearly_the_same_logits(
    small, network, images, run_layer
):
    mixed = new(small, dtype="mixed_bfloat16")
    assert "bfloat16" in {layer.compute_dtype for layer in mixed.layers}
    assert mixed.output.dtype == "float32"
    assert {variable.dtype for variable in mixed.weights} == {"float32"}
    expected = run_layer(network, images)
    distance = np.abs(run_layer(mixed, images) - expected).max()
    assert distance < 0.1 * np.ptp(expected)


def test_gradient_reaches_every_weight(network, images, gradients):
    def loss(logits):
        return ops.mean(ops.square(logits - 1))

    _, _, found = gradients(network, loss, images)
    for variable, gradient in zip(network.trainable_variables, found, strict=True):
        assert np.isfinite(gradient).all(), variable.path
        assert np.abs(gradient).max() > 0, variable.path


def test_copy_for_inference_gives_the_same_logits(network, images, run_layer):
    expected = run_layer(network, images)
    found = run_layer(for_inference(network), images)
    np.testing.assert_allclose(found, expected, atol=1e-4 * np.ptp(expected))


@pytest.mark.parametrize("classes", [CLASSES, None])
def test_file_of_the_family_s_layout_brings_all_weights_back(small, tmp_path, classes):
    network, other = (
        new(small, seed, num_classes=classes, image_size=SQUARE) for seed in (1, 2)
    )
    weights.save(network, tmp_path / "mine.npz")
    with np.load(tmp_path / "mine.npz") as file:
        assert layout_of_file(file.files) is layout_of_network(network)
    weights.load(other, tmp_path / "mine.npz")
    for found, expected in zip(other.weights, network.weights, strict=True):
        np.testing.assert_array_equal(found, expected)


def test_file_for_other_classes_gives_a_zero_head(small, tmp_path, capsys):
    network = new(small, image_size=SQUARE)
    weights.save(network, tmp_path / "mine.npz")
    other = build(
        small, num_classes=5, image_size=SQUARE, weights=str(tmp_path / "mine.npz")
    )
    assert not any(np.any(w) for w in other.get_layer("logits").get_weights())
    assert "new zero head for 5 classes" in capsys.readouterr().out
    place = endpoint(other, "pre_logits")
    expected = endpoint(network, "pre_logits").get_weights()
    for found, wanted in zip(place.get_weights(), expected, strict=True):
        np.testing.assert_array_equal(found, wanted)


def test_saved_network_is_the_same_in_a_new_process(
    network, images, run_layer, tmp_path
):
    paths = [tmp_path / name for name in ("network.keras", "images.npy", "logits.npy")]
    network.save(paths[0])
    np.save(paths[1], images)
    root = pathlib.Path(bit_keras.__file__).parents[1]
    subprocess.run(
        [sys.executable, "-c", LOADING, *paths],
        env={**os.environ, "PYTHONPATH": str(root)},
        check=True,
        timeout=300,
    )
    expected = run_layer(network, images)
    found = np.load(paths[2])
    np.testing.assert_allclose(found, expected, atol=1e-4 * np.ptp(expected))


def trained(name, images, **fields):
    """A network after two steps of training on two images."""
    fields = {"crop": 32, "resize": 32, "batch_size": 2, "steps": 2} | fields
    network = new(name)
    labels = np.eye(CLASSES, dtype="float32")[:2]
    data = tf.data.Dataset.from_tensors((images, labels)).repeat(2)
    learner = Learner(network, Recipe(base_lr=0.01, **fields))
    learner.fit(data, verbose=0, shuffle=False)
    return network


def test_rematerialization_changes_no_weight_and_no_state(small, network, images):
    plain, again = (trained(small, images, remat=remat) for remat in (False, True))
    for found, expected, before in zip(
        again.weights, plain.weights, network.weights, strict=True
    ):
        change = np.abs(expected - before.numpy()).max()
        difference = np.abs(found - expected.numpy()).max()
        assert difference <= 1e-3 * change + 1e-6, expected.path
