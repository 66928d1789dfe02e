import keras
import pytest

from bit_keras import families
from bit_keras.analysis.cost import multiply_adds
from bit_keras.models import ViTSpec, build, vit

SIZE = (64, 96)


@pytest.mark.parametrize(
    "name", ["bit_tiny", "bit_r26x1", "vit_tiny", "vit_r_tiny", "vit_s16_plain"]
)
def test_layers_cost_what_the_spec_says(name):
    _, spec = families.network(name)
    found = multiply_adds(build(name, image_size=SIZE), SIZE)
    assert found == spec.multiply_adds(SIZE)


def test_a_probe_costs_what_the_spec_says():
    spec = ViTSpec(32, 1, 4, 64, 8, classifier="map")
    network = vit(spec, image_size=SIZE)
    assert multiply_adds(network, SIZE) == spec.multiply_adds(SIZE)


def test_layers_of_keras_cost_what_is_counted_by_hand():
    inputs = keras.Input((None, None, 3))
    x = keras.layers.Conv2D(8, 3, 2, padding="same")(inputs)
    x = keras.layers.GlobalAveragePooling2D()(x)
    model = keras.Model(inputs, keras.layers.Dense(5)(x))
    assert multiply_adds(model, (5, 8)) == 3 * 4 * 9 * 3 * 8 + 8 * 5
