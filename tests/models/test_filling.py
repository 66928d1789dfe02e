import dataclasses
import random

import keras
import numpy as np
import pytest

from bit_keras.errors import InputError
from bit_keras.families.bit import FAMILY
from bit_keras.models import BiTSpec, bit, filling
from bit_keras.models.filling import without_random_numbers

pytestmark = pytest.mark.backend


class Kinds(keras.layers.Layer):
    """One weight of every way to say how it starts."""

    def build(self, shape):
        self.untold = self.add_weight(shape=(3, 2))
        self.named = self.add_weight((3, 2), "random_normal")
        initializer = keras.initializers.VarianceScaling()
        self.object = self.add_weight(shape=(3, 2), initializer=initializer)
        self.ones = self.add_weight(shape=(2,), initializer="ones")
        self.seven = self.add_weight(
            shape=(2,), initializer=keras.initializers.Constant(7)
        )


def started():
    layer = Kinds()
    layer.build((2,))
    return [array.ravel()[0] for array in layer.get_weights()]


def test_random_weights_start_from_zero_and_constant_ones_do_not():
    with without_random_numbers():
        assert started() == [0, 0, 0, 1, 7]


def test_weights_are_random_again_afterwards():
    with pytest.raises(InputError), without_random_numbers():
        raise InputError("built in vain")
    assert all(value != 0 for value in started())


def test_seeds_of_what_follows_are_those_of_a_network_with_random_numbers():
    def following(context):
        keras.utils.set_random_seed(3)
        with context:
            network = bit(BiTSpec((1,), 0.5), num_classes=2)
        return random.random(), network.get_config()

    import contextlib

    assert following(without_random_numbers()) == following(contextlib.nullcontext())


def test_network_with_weights_is_the_one_that_is_filled_afterwards(reference):
    case = reference("r1111")
    network = bit(case.spec, num_classes=4, weights=case.weights)
    assert np.ptp(network.get_layer("root_conv").get_weights()[0]) > 0
    for array in network.get_layer("logits").get_weights():
        assert not array.any()


def test_normalization_is_that_of_the_published_file(reference, monkeypatch):
    case = reference("r1111")
    facts = dataclasses.replace(
        FAMILY.published["BiT-M-R50x1"], normalization="imagenet"
    )
    monkeypatch.setattr(filling, "known", lambda *arguments: facts)
    network = bit(case.spec, num_classes=4, weights=case.weights)
    assert network.get_layer("normalization").normalization == "imagenet"


def test_missing_weights_are_refused_before_anything_is_built(monkeypatch):
    def build(*args, **kwargs):
        raise AssertionError("was built")

    monkeypatch.setattr(keras.layers.Layer, "add_weight", build)
    with pytest.raises(InputError, match="no weight file"):
        bit("tiny", weights="nothing.npz")
