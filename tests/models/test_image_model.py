import os
import pathlib
import subprocess
import sys
import warnings

import keras
import numpy as np
import pytest

import bit_keras
from bit_keras.models import ImageModel, bit, for_inference

pytestmark = pytest.mark.backend

LOADING = """
import pathlib, sys
import bit_keras.models
import keras, numpy
folder = pathlib.Path(sys.argv[1])
images = numpy.load(folder / "images.npy", allow_pickle=False)
for path in folder.glob("*.keras"):
    model = keras.models.load_model(path)
    numpy.save(path.with_suffix(".npy"), model.predict_on_batch(images))
"""


def small_model():
    inputs = keras.Input((None, None, 3))
    outputs = keras.layers.GlobalAveragePooling2D()(inputs)
    return ImageModel(inputs, keras.layers.Dense(1)(outputs))


def images(largest, dtype="float32"):
    return np.full((2, 4, 5, 3), largest, dtype)


def warned(work):
    """Gives the warnings about the range of pixels during some work."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        work()
    return [w for w in caught if "pixels 0..255" in str(w.message)]


def compiled_model():
    model = small_model()
    model.compile("sgd", "mse")
    return model


@pytest.mark.parametrize(
    "use",
    [
        lambda model: model(images(1.0)),
        lambda model: model.fit(images(0.5), np.zeros((2, 1)), verbose=0),
        lambda model: model.evaluate(images(0.5), np.zeros((2, 1)), verbose=0),
        lambda model: model.predict(images(0.5), verbose=0),
    ],
    ids=["call", "fit", "evaluate", "predict"],
)
def test_floats_up_to_one_are_warned_about_where_they_are_given(use):
    model = compiled_model()
    (warning,) = warned(lambda: use(model))
    assert warning.filename == __file__


def test_warning_comes_once():
    model = compiled_model()

    def use_often():
        for _ in range(3):
            model(images(0.5))
            model.predict(images(0.5), verbose=0)

    assert len(warned(use_often)) == 1


@pytest.mark.parametrize(
    "given",
    [images(1.5), images(255.0), images(1, "uint8"), images(0, "uint8")],
    ids=["above 1", "255", "bytes of 1", "black bytes"],
)
def test_pixels_are_not_warned_about(given):
    assert warned(lambda: small_model()(given)) == []


def test_small_values_are_warned_about_after_large_ones():
    model = small_model()
    assert warned(lambda: model(images(200.0))) == []
    assert len(warned(lambda: model(images(0.2)))) == 1


@pytest.fixture(scope="module")
def reloaded(reference, pixels, run_layer, tmp_path_factory):
    """Outputs of networks, and those after saving and loading in a new process."""
    case = reference("r1111")
    given = pixels(case.arrays["x2"])
    networks = {
        "float32": case.network(),
        "mixed_bfloat16": case.network(dtype="mixed_bfloat16"),
        "inference": for_inference(case.network()),
        "features": bit(case.spec, weights=case.weights, normalization="unit"),
    }
    folder = tmp_path_factory.mktemp("saved")
    np.save(folder / "images.npy", given)
    for name, network in networks.items():
        network.save(folder / f"{name}.keras")
    root = pathlib.Path(bit_keras.__file__).parents[1]
    subprocess.run(
        [sys.executable, "-c", LOADING, folder],
        env={**os.environ, "PYTHONPATH": str(root)},
        check=True,
        timeout=300,
    )
    before = {name: run_layer(network, given) for name, network in networks.items()}
    after = {name: np.load(folder / f"{name}.npy") for name in networks}
    return before, after


@pytest.mark.parametrize("name", ["float32", "mixed_bfloat16", "inference", "features"])
def test_saved_network_is_the_same_in_a_new_process(reloaded, name):
    before, after = reloaded
    assert np.ptp(before[name]) > 0.1
    # Compiled otherwise, XLA rounds to half precision at other places.
    tolerance = 0.05 if name == "mixed_bfloat16" else 2e-5
    np.testing.assert_allclose(after[name], before[name], atol=tolerance)
