import dataclasses
import sys

import numpy as np
import pytest
import tensorflow as tf

from bit_keras.errors import InputError
from bit_keras.export import answers
from bit_keras.export.onnx_file import open_onnx, save_onnx
from bit_keras.models import BiTSpec, bit


def test_an_onnx_file_gives_the_probabilities(trained, colours, expected, tmp_path):
    save_onnx(trained, tmp_path)
    np.testing.assert_allclose(open_onnx(tmp_path)(colours), expected, atol=1e-5)


def test_a_network_trained_with_sigmoids_answers_with_them(
    trained_of, colours, tmp_path
):
    trained = trained_of("bit", "sigmoid")
    save_onnx(trained, tmp_path)
    found = open_onnx(tmp_path)(colours)
    np.testing.assert_allclose(found, tf.sigmoid(trained.model(colours)), atol=1e-5)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_networks_of_mixed_precision_are_written_in_float32(
    trained_of, colours, tmp_path, policy
):
    trained = trained_of("bit")
    mixed = bit(BiTSpec((1, 1), 0.5), num_classes=3, dtype=policy)
    mixed.set_weights(trained.model.get_weights())
    save_onnx(dataclasses.replace(trained, model=mixed), tmp_path)
    found = open_onnx(tmp_path)(colours)
    expected = tf.nn.softmax(trained.model(colours))
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_a_network_too_large_for_one_file_is_refused(trained_of, tmp_path, monkeypatch):
    monkeypatch.setattr(answers, "LARGEST_FILE", 1000)
    with pytest.raises(InputError, match="holds 2.1 GB at most; export a SavedModel"):
        save_onnx(trained_of("bit"), tmp_path)


@pytest.mark.parametrize(
    ("module", "work", "package"),
    [
        (
            "tf2onnx.convert",
            save_onnx,
            "tf2onnx",
        ),
        ("onnxruntime", lambda _, folder: open_onnx(folder), "onnxruntime"),
    ],
)
def test_a_missing_package_is_named(
    trained_of, tmp_path, monkeypatch, module, work, package
):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(InputError, match=f"needs the package {package}: pip install"):
        work(trained_of("bit"), tmp_path)
