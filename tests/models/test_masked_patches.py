import numpy as np
import pytest
from keras import ops

from bit_keras.errors import InputError
from bit_keras.models import build, vit
from bit_keras.models.masked_patches import masked_patch_network, patch_side

pytestmark = pytest.mark.backend
IMAGES = np.random.default_rng(0).uniform(0, 255, (2, 16, 24, 3)).astype("float32")


@pytest.mark.parametrize("classifier", ["token", "gap"])
def test_all_patches_are_guessed_and_half_of_them_flagged(classifier):
    network = vit("tiny", image_size=(16, 24), classifier=classifier, depth=1)
    outputs = masked_patch_network(network, 5, seed=0)(IMAGES)
    outputs = ops.convert_to_numpy(outputs)
    assert outputs.shape == (2, 2 * 3, 6)
    assert (outputs[..., :5] == 0).all()  # the new layer is zero
    assert (outputs[..., 5].sum(axis=1) == 3).all()


def test_the_layers_are_those_of_the_network():
    network = vit("tiny", image_size=(16, 24), depth=1)
    guessing = masked_patch_network(network, 5, seed=0)
    own = {id(weight) for weight in network.weights}
    others = {w.path for w in guessing.weights if id(w) not in own}
    assert others == {"masks/token", "guessed/kernel", "guessed/bias"}
    assert own - {id(weight) for weight in guessing.weights} == set()


def test_the_network_that_is_kept_sees_all_patches():
    network = vit("tiny", image_size=(16, 24), depth=1)
    before = ops.convert_to_numpy(network(IMAGES))
    masked_patch_network(network, 5, seed=0)
    np.testing.assert_array_equal(before, ops.convert_to_numpy(network(IMAGES)))


def test_a_network_without_patches_is_refused():
    with pytest.raises(InputError, match="masked in a ViT.*'bit_tiny' has none"):
        patch_side(build("bit_tiny"))


def test_a_hybrid_is_refused_because_it_sees_beyond_a_patch():
    network = build("vit_r_tiny", image_size=(16, 16))
    with pytest.raises(InputError, match="a ResNet sees each patch together with"):
        patch_side(network)


def test_an_image_of_a_single_patch_is_refused():
    with pytest.raises(InputError, match="a single patch.*take a larger crop"):
        patch_side(vit("tiny", image_size=(8, 8), depth=1))
