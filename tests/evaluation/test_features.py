import dataclasses
import os

import keras
import numpy as np
import pytest

from bit_keras.data.examples import ArrayExamples
from bit_keras.evaluation import features as module
from bit_keras.evaluation.features import Features
from bit_keras.models import BiTSpec, bit, endpoint
from bit_keras.preprocessing import Preprocessing

SQUARE = Preprocessing(crop=16)


@pytest.fixture(scope="module")
def network():
    keras.utils.set_random_seed(3)
    return bit(BiTSpec((1,), 0.5), num_classes=2)


@pytest.fixture(scope="module")
def examples():
    pixels = np.random.default_rng(0).integers(0, 256, (6, 16, 16, 3), "uint8")
    return ArrayExamples(pixels, np.arange(6) % 2)


@pytest.fixture
def uncounted(monkeypatch, tmp_path):
    """Gives how often images went through a network; the cache is empty."""
    monkeypatch.setenv("BIT_KERAS_HOME", str(tmp_path))
    calls = []
    original = keras.Model.predict_on_batch

    def counting(self, images):
        calls.append(len(images))
        return original(self, images)

    monkeypatch.setattr(keras.Model, "predict_on_batch", counting)
    return calls


def test_they_are_what_the_head_gets(network, examples, uncounted):
    expected = endpoint(network, "pre_logits")(examples.pixels.astype("float32"))
    found = Features(network)(examples, SQUARE)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_the_same_images_and_weights_are_computed_once(network, examples, uncounted):
    first = Features(network)(examples, SQUARE)
    relabelled = dataclasses.replace(examples, labels=None)
    np.testing.assert_array_equal(first, Features(network)(relabelled, SQUARE))
    assert sum(uncounted) == 6


def test_other_images_sizes_and_weights_are_others(network, examples, uncounted):
    Features(network)(examples, SQUARE)
    Features(network)(examples.take([1, 0, 2, 3, 4, 5]), SQUARE)
    Features(network)(examples, Preprocessing(crop=24))
    changed = keras.models.clone_model(network)
    changed.set_weights([array + 0.01 for array in network.get_weights()])
    Features(changed)(examples, SQUARE)
    assert sum(uncounted) == 4 * 6


def test_another_head_has_the_same_features(network, examples, uncounted):
    Features(network)(examples, SQUARE)
    other = keras.models.clone_model(network)
    other.set_weights(network.get_weights())
    other.get_layer("logits").bias.assign([1.0, 2.0])
    Features(other)(examples, SQUARE)
    assert sum(uncounted) == 6


def test_damaged_ones_are_computed_again(network, examples, uncounted, tmp_path):
    first = Features(network)(examples, SQUARE)
    (kept,) = (tmp_path / "features").iterdir()
    kept.write_bytes(kept.read_bytes()[:40])
    np.testing.assert_array_equal(first, Features(network)(examples, SQUARE))
    assert sum(uncounted) == 12


def test_above_the_limit_those_not_used_for_longest_go(
    network, examples, uncounted, tmp_path, monkeypatch
):
    one = Features(network)
    one(examples, SQUARE)
    size = next((tmp_path / "features").iterdir()).stat().st_size
    monkeypatch.setattr(module, "LIMIT", 2 * size)
    one(examples, Preprocessing(crop=24))
    for place in (tmp_path / "features").iterdir():
        os.utime(place, (1, 1))
    one(examples, SQUARE)  # used again
    one(examples, Preprocessing(crop=32))
    assert len(list((tmp_path / "features").iterdir())) == 2
    assert module.size() > size
    one(examples, SQUARE)
    assert sum(uncounted) == 3 * 6


def test_where_nothing_can_be_kept_they_are_computed_all_the_same(
    network, examples, uncounted, tmp_path, monkeypatch
):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("BIT_KERAS_HOME", str(tmp_path / "file"))
    assert Features(network)(examples, SQUARE).shape[0] == 6
