import keras
import numpy as np
import pytest
from keras import ops

from bit_keras.layers import MaskedPatches
from bit_keras.layers.randomness import drawn_in_groups

pytestmark = pytest.mark.backend
IMAGES, PATCHES = 500, 16


def tokens():
    """Two numbers each: the image, and the patch from 1 on."""
    image, patch = np.mgrid[:IMAGES, 1 : PATCHES + 1]
    return np.stack([image, patch], axis=-1).astype("float32")


@pytest.fixture(scope="module")
def masked():
    """(layer, tokens that it gives, flags (images, patches))."""
    layer = MaskedPatches(seed=1)
    layer.build((None, PATCHES, 2))
    layer.token.assign(np.full((1, 1, 2), -1))
    outputs, flags = map(ops.convert_to_numpy, layer(tokens()))
    return layer, outputs, flags[..., 0].astype(bool)


def test_half_of_the_patches_of_every_image_are_corrupted(masked):
    _, outputs, flags = masked
    assert (flags.sum(axis=1) == PATCHES / 2).all()
    np.testing.assert_array_equal(outputs[~flags], tokens()[~flags])


def test_of_these_most_become_the_learned_token_and_few_stay(masked):
    _, outputs, flags = masked
    found, before = outputs[flags], tokens()[flags]
    learned = (found == -1).all(axis=-1)
    same = (found == before).all(axis=-1)
    assert learned.mean() == pytest.approx(0.8, abs=0.02)
    assert same.mean() == pytest.approx(0.1, abs=0.015)


def test_the_others_become_another_patch_of_the_same_image(masked):
    _, outputs, flags = masked
    found, before = outputs[flags], tokens()[flags]
    other = (found != -1).all(axis=-1) & (found != before).any(axis=-1)
    assert other.mean() == pytest.approx(0.1, abs=0.015)
    np.testing.assert_array_equal(found[other, 0], before[other, 0])
    assert set(found[other, 1]) == set(range(1, PATCHES + 1))


def test_masks_do_not_depend_on_how_a_batch_is_divided(masked):
    layer, _, _ = masked

    def flags(first, last):
        key = np.array([7, first // 2])
        state = ops.convert_to_tensor(key, layer.seed_generator.state.dtype)
        part = tokens()[first:last]
        with drawn_in_groups(2):
            (_, found), _ = layer.stateless_call([layer.token], [state], part)
        return ops.convert_to_numpy(found)

    whole, parts = flags(0, 12), [flags(0, 4), flags(4, 12)]
    np.testing.assert_array_equal(whole, np.concatenate(parts))
    assert (whole[0] != whole[2]).any()


def test_it_is_saved_with_its_seed(tmp_path, masked):
    inputs = keras.Input((PATCHES, 2))
    model = keras.Model(inputs, MaskedPatches(seed=5)(inputs))
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    for a, b in zip(model(tokens()), loaded(tokens()), strict=True):
        np.testing.assert_array_equal(*map(ops.convert_to_numpy, (a, b)))
