import dataclasses
import os

import keras
import numpy as np
import pytest

from bit_keras.data.examples import ArrayExamples
from bit_keras.data.images import preprocess
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
def counted(monkeypatch, tmp_path):
    """Gives how many images were read, in each pass; the cache is empty."""
    monkeypatch.setenv("BIT_KERAS_HOME", str(tmp_path))
    calls = []
    original = ArrayExamples.one_pass

    def counting(self, load):
        calls.append(self.count)
        return original(self, load)

    monkeypatch.setattr(ArrayExamples, "one_pass", counting)
    return calls


def test_they_are_what_the_head_gets(network, examples, counted):
    expected = endpoint(network, "pre_logits")(examples.pixels.astype("float32"))
    found = Features(network)(examples, [SQUARE])[0]
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_the_same_images_and_weights_are_computed_once(network, examples, counted):
    first = Features(network)(examples, [SQUARE])[0]
    relabelled = dataclasses.replace(examples, labels=None)
    np.testing.assert_array_equal(first, Features(network)(relabelled, [SQUARE])[0])
    assert sum(counted) == 6


def test_all_sizes_are_made_of_images_read_once(network, examples, counted):
    sizes = [Preprocessing(crop=crop) for crop in (16, 24, 32)]
    first = Features(network)(examples, sizes[1:2])
    several = Features(network)(examples, sizes)
    assert counted == [6, 6]
    np.testing.assert_array_equal(several[1], first[0])
    for size, found in zip(sizes, several, strict=True):
        pixels = preprocess(examples.pixels, size)
        expected = endpoint(network, "pre_logits")(pixels)
        np.testing.assert_allclose(found, expected, atol=1e-5)


def test_other_images_sizes_and_weights_are_others(network, examples, counted):
    Features(network)(examples, [SQUARE])
    Features(network)(examples.take([1, 0, 2, 3, 4, 5]), [SQUARE])
    Features(network)(examples, [Preprocessing(crop=24)])
    changed = keras.models.clone_model(network)
    changed.set_weights([array + 0.01 for array in network.get_weights()])
    Features(changed)(examples, [SQUARE])
    assert sum(counted) == 4 * 6


def test_another_head_has_the_same_features(network, examples, counted):
    Features(network)(examples, [SQUARE])
    other = keras.models.clone_model(network)
    other.set_weights(network.get_weights())
    other.get_layer("logits").bias.assign([1.0, 2.0])
    Features(other)(examples, [SQUARE])
    assert sum(counted) == 6


def test_damaged_ones_are_computed_again(network, examples, counted, tmp_path):
    first = Features(network)(examples, [SQUARE])[0]
    (kept,) = (tmp_path / "features").iterdir()
    kept.write_bytes(kept.read_bytes()[:40])
    np.testing.assert_array_equal(first, Features(network)(examples, [SQUARE])[0])
    assert sum(counted) == 12


def test_above_the_limit_those_not_used_for_longest_go(
    network, examples, counted, tmp_path, monkeypatch
):
    one = Features(network)
    one(examples, [SQUARE])
    size = next((tmp_path / "features").iterdir()).stat().st_size
    monkeypatch.setattr(module, "LIMIT", 2 * size)
    one(examples, [Preprocessing(crop=24)])
    for place in (tmp_path / "features").iterdir():
        os.utime(place, (1, 1))
    one(examples, [SQUARE])  # used again
    one(examples, [Preprocessing(crop=32)])
    assert len(list((tmp_path / "features").iterdir())) == 2
    assert module.size() > size
    one(examples, [SQUARE])
    assert sum(counted) == 3 * 6


def test_where_nothing_can_be_kept_they_are_computed_all_the_same(
    network, examples, counted, tmp_path, monkeypatch
):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("BIT_KERAS_HOME", str(tmp_path / "file"))
    assert Features(network)(examples, [SQUARE])[0].shape[0] == 6
