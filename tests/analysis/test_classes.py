import keras
import numpy as np
import pytest

from bit_keras.analysis import evidence_of_classes
from bit_keras.data.examples import ArrayExamples
from bit_keras.preprocessing import Preprocessing
from bit_keras.training.trained import Trained

CORNERS = {
    "top left corner": np.s_[:, :5, :5],
    "top right corner": np.s_[:, :5, -5:],
    "bottom left corner": np.s_[:, -5:, :5],
    "bottom right corner": np.s_[:, -5:, -5:],
}


@pytest.fixture(scope="module")
def trained():
    """A network to which red is the one class, and the absence of red the other.

    Its windows are not those of the mirror image, as with strides of any network.
    """
    inputs = keras.Input((None, None, 3))
    x = keras.layers.ZeroPadding2D(((0, 0), (2, 0)))(inputs)
    x = keras.layers.AveragePooling2D(5, 4)(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    model = keras.Model(inputs, keras.layers.Dense(2)(x))
    kernel = np.array([[1, -1], [-0.5, 0.5], [-0.5, 0.5]]) / 20
    model.layers[-1].set_weights([kernel, np.array([0.5, -0.5])])
    return Trained(model, ("red", "other"), Preprocessing(crop=32), "test")


def photographs(seed, place=None):
    """Photographs of both classes, those of the first with a mark at a place."""
    generator = np.random.default_rng(seed)
    pixels = generator.normal(110, 10, (60, 32, 32, 3))
    pixels += np.kron(generator.normal(0, 20, (60, 4, 4, 3)), np.ones((1, 8, 8, 1)))
    if place is not None:
        pixels[:30][place] = (255, 40, 40)
    return ArrayExamples(pixels.clip(0, 255).astype("uint8"), np.arange(60) // 30)


@pytest.mark.parametrize("corner", CORNERS)
def test_the_corner_of_a_small_mark_is_named_in_its_class_alone(trained, corner):
    for seed in range(3):
        red, other = evidence_of_classes(trained, photographs(seed, CORNERS[corner]))
        assert red.finding.region == corner
        assert red.images == other.images == 30
        assert red.zones["corners"] > red.zones["centre"]
        assert other.finding is None


def test_without_the_mark_no_region_is_named(trained):
    for seed in range(5):
        classes = evidence_of_classes(trained, photographs(seed))
        assert [each.finding for each in classes] == [None, None]


def test_a_class_without_images_has_no_map(trained):
    few = photographs(0).take(np.arange(30))
    red, other = evidence_of_classes(trained, few)
    assert red.mean_map.shape == (7, 8)
    assert (other.images, other.mean_map, other.zones) == (0, None, None)
