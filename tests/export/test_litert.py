import dataclasses
import sys

import numpy as np
import pytest
import tensorflow as tf

from bit_keras.errors import InputError
from bit_keras.export import answers
from bit_keras.export.litert import open_litert, save_litert
from bit_keras.models import BiTSpec, bit


def test_a_litert_file_gives_the_probabilities(trained, colours, expected, tmp_path):
    save_litert(trained, tmp_path)
    np.testing.assert_allclose(open_litert(tmp_path)(colours), expected, atol=1e-5)


def test_litert_says_nothing_of_its_own(trained_of, colours, tmp_path, capfd):
    save_litert(trained_of("bit"), tmp_path, "int8", calibration=colours)
    open_litert(tmp_path)(colours)
    told = capfd.readouterr()
    assert told.out == ""
    for word in ("XNNPACK", "Calibration"):
        assert word not in told.err


def test_int8_needs_images(trained_of, tmp_path):
    with pytest.raises(InputError, match="there are none; name photographs with --im"):
        save_litert(trained_of("bit"), tmp_path, "int8")


def test_a_network_trained_with_sigmoids_answers_with_them(
    trained_of, colours, tmp_path
):
    trained = trained_of("bit", "sigmoid")
    save_litert(trained, tmp_path)
    found = open_litert(tmp_path)(colours)
    np.testing.assert_allclose(found, tf.sigmoid(trained.model(colours)), atol=1e-5)


def test_networks_of_mixed_precision_are_written_in_float32(
    trained_of, colours, tmp_path
):
    trained = trained_of("bit")
    mixed = bit(BiTSpec((1, 1), 0.5), num_classes=3, dtype="mixed_float16")
    mixed.set_weights(trained.model.get_weights())
    save_litert(dataclasses.replace(trained, model=mixed), tmp_path)
    found = open_litert(tmp_path)(colours)
    expected = tf.nn.softmax(trained.model(colours))
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_a_network_too_large_for_one_file_is_refused(trained_of, tmp_path, monkeypatch):
    monkeypatch.setattr(answers, "LARGEST_FILE", 1000)
    with pytest.raises(InputError, match="holds 2.1 GB at most; export a SavedModel"):
        save_litert(trained_of("bit"), tmp_path)


@pytest.mark.parametrize(
    ("module", "work", "package"),
    [
        (
            "ai_edge_litert.interpreter",
            save_litert,
            "ai-edge-litert",
        ),
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
