import keras
import pytest

from bit_keras import families
from bit_keras.analysis.cost import exaflops, multiply_adds
from bit_keras.models import ViTSpec, build, vit

SIZE = (64, 96)
JFT = 303_000_000  # images


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


# Table 6 of the ViT paper.
@pytest.mark.parametrize(
    ("name", "epochs", "published"),
    [
        ("vit_b16", 7, 224),
        ("vit_l32", 7, 196),
        ("vit_l16", 7, 783),
        ("vit_l16", 14, 1567),
        ("vit_r50_b16", 7, 274),
    ],
)
def test_table_6_is_reproduced_to_its_digits(name, epochs, published):
    _, spec = families.network(name)
    assert round(exaflops(spec.multiply_adds((224, 224)), epochs * JFT)) == published


@pytest.mark.parametrize(
    ("name", "epochs", "published"),
    [
        ("vit_b32", 7, 55),
        ("vit_h14", 14, 4262),
        ("bit_r50x1", 7, 50),
        ("vit_r50_l16", 7, 859),
    ],
)
def test_the_rest_of_table_6_is_near(name, epochs, published):
    _, spec = families.network(name)
    found = exaflops(spec.multiply_adds((224, 224)), epochs * JFT)
    assert found == pytest.approx(published, rel=0.05)
