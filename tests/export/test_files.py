"""Keras, LiteRT and ONNX files, written and read back."""

import dataclasses
import sys

import numpy as np
import pytest
import tensorflow as tf

from bit_keras.errors import InputError
from bit_keras.export import answers
from bit_keras.export.keras_file import open_keras, save_keras
from bit_keras.export.litert import open_litert, save_litert
from bit_keras.export.onnx_file import open_onnx, save_onnx
from bit_keras.models import BiTSpec, bit


@pytest.fixture(scope="module")
def images():
    """Images of very different colours, so that the answers differ."""
    generator = np.random.default_rng(0)
    colours = generator.integers(0, 256, (8, 1, 1, 3))
    return (colours * generator.random((8, 32, 32, 3))).astype("uint8")


@pytest.fixture
def expected(trained, images):
    """Probabilities of the network as it is in training, not prepared in any way."""
    return tf.nn.softmax(trained.model(images)).numpy()


def test_a_keras_file_gives_the_logits(trained, images, expected, tmp_path):
    save_keras(trained, tmp_path)
    shares = tf.nn.softmax(open_keras(tmp_path)(images))
    np.testing.assert_allclose(shares, expected, atol=1e-5)


def test_a_litert_file_gives_the_probabilities(trained, images, expected, tmp_path):
    save_litert(trained, tmp_path)
    np.testing.assert_allclose(open_litert(tmp_path)(images), expected, atol=1e-5)


def test_litert_says_nothing_of_its_own(trained_of, images, tmp_path, capfd):
    save_litert(trained_of("bit"), tmp_path, "int8", calibration=images)
    open_litert(tmp_path)(images)
    told = capfd.readouterr()
    assert told.out == ""
    for word in ("XNNPACK", "Calibration"):
        assert word not in told.err


def test_an_onnx_file_gives_the_probabilities(trained, images, expected, tmp_path):
    save_onnx(trained, tmp_path)
    np.testing.assert_allclose(open_onnx(tmp_path)(images), expected, atol=1e-5)


@pytest.mark.parametrize(
    ("precision", "share", "tolerance"), [("float16", 0.6, 1e-3), ("int8", 0.4, 0.05)]
)
def test_quantized_litert_files_are_smaller_and_near(
    trained_of, images, tmp_path, precision, share, tolerance
):
    trained = trained_of("bit")
    sizes = {}
    for kind in ("float32", precision):
        save_litert(trained, tmp_path, kind, calibration=images)
        sizes[kind] = (tmp_path / "model.tflite").stat().st_size
    assert sizes[precision] < share * sizes["float32"]
    expected = tf.nn.softmax(trained.model(images)).numpy()
    found = open_litert(tmp_path)(images)
    difference = np.abs(found - expected)
    assert difference.mean() < tolerance
    assert difference.max() > 1e-6  # or nothing was quantised


def test_int8_needs_images(trained_of, tmp_path):
    with pytest.raises(InputError, match="there are none; name photographs with --im"):
        save_litert(trained_of("bit"), tmp_path, "int8")


@pytest.mark.parametrize("save", [save_litert, save_onnx])
def test_several_labels_are_answered_with_sigmoids(trained_of, images, tmp_path, save):
    trained = trained_of("bit", "sigmoid")
    save(trained, tmp_path)
    found = (open_litert if save is save_litert else open_onnx)(tmp_path)(images)
    np.testing.assert_allclose(found, tf.sigmoid(trained.model(images)), atol=1e-5)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
@pytest.mark.parametrize("save", [save_litert, save_onnx])
def test_networks_of_mixed_precision_are_written_in_float32(
    trained_of, images, tmp_path, save, policy
):
    trained = trained_of("bit")
    mixed = bit(BiTSpec((1, 1), 0.5), num_classes=3, dtype=policy)
    mixed.set_weights(trained.model.get_weights())
    save(dataclasses.replace(trained, model=mixed), tmp_path)
    found = (open_litert if save is save_litert else open_onnx)(tmp_path)(images)
    expected = tf.nn.softmax(trained.model(images))
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("save", [save_litert, save_onnx])
def test_a_network_too_large_for_one_file_is_refused(
    trained_of, tmp_path, save, monkeypatch
):
    monkeypatch.setattr(answers, "LARGEST_FILE", 1000)
    with pytest.raises(InputError, match="holds 2.1 GB at most; export a SavedModel"):
        save(trained_of("bit"), tmp_path)


@pytest.mark.parametrize(
    ("module", "work", "package"),
    [
        ("tf2onnx.convert", save_onnx, "tf2onnx"),
        ("onnxruntime", lambda _, folder: open_onnx(folder), "onnxruntime"),
        (
            "ai_edge_litert.interpreter",
            lambda _, folder: open_litert(folder),
            "ai-edge-litert",
        ),
    ],
)
def test_a_missing_package_is_named(
    trained_of, tmp_path, monkeypatch, module, work, package
):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(InputError, match=f"needs the package {package}: pip install"):
        work(trained_of("bit"), tmp_path)
