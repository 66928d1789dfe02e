import keras
import numpy as np
import pytest

from bit_keras.models import BiTSpec, bit
from bit_keras.models.rematerialization import cut_into_parts

pytestmark = pytest.mark.backend


def test_the_parts_one_after_another_are_the_network():
    network = bit(BiTSpec((2, 1), 0.5), num_classes=None)
    images = np.random.default_rng(0).integers(0, 256, (2, 16, 16, 3))
    expected = network(images.astype("float32"))
    found = images.astype("float32")
    for part in cut_into_parts(network):
        found = part(found)
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(found),
        keras.ops.convert_to_numpy(expected),
        rtol=1e-5,
        atol=1e-6,
    )


def test_each_residual_unit_is_a_part():
    parts = cut_into_parts(bit(BiTSpec((2, 1), 0.5), num_classes=3))
    assert [part.outputs[0].shape[-1] for part in parts] == [128, 128, 256, 3]


def test_branches_that_meet_within_a_unit_are_no_end():
    inputs = keras.Input((4, 4, 2))
    shortcut = keras.layers.Conv2D(3, 1)(inputs)
    branches = [keras.layers.Conv2D(3, 1)(shortcut) for _ in range(2)]
    selected = keras.layers.Add()(branches)
    x = keras.layers.Add(name="end")([selected, shortcut])
    network = keras.Model(inputs, keras.layers.Flatten()(x))
    first, _ = cut_into_parts(network)
    assert first.outputs[0] is network.get_layer("end").output


def test_a_network_without_branches_is_one_part():
    inputs = keras.Input((4, 4, 2))
    network = keras.Model(inputs, keras.layers.Flatten()(inputs))
    assert len(cut_into_parts(network)) == 1
