import numpy as np
import pytest

from bit_keras.analysis.attention import (
    AttentionMaps,
    attention_of,
    filters,
    mean_attention_distance,
    on_grid,
    position_similarity,
    rollout,
)
from bit_keras.errors import InputError
from bit_keras.families.bottlenecks import ResNetStem
from bit_keras.models import BiTSpec, ViTSpec, bit, vit

pytestmark = pytest.mark.backend

TINY = ViTSpec(hidden=32, depth=2, heads=4, mlp=64, patch=8)


@pytest.fixture(scope="module")
def arrays(golden):
    return golden("02_vit_tiny_tok.io.npz")


@pytest.fixture(scope="module")
def network(golden_folder):
    weights = str(golden_folder / "02_vit_tiny_tok.ckpt.npz")
    return vit(TINY, num_classes=10, image_size=32, weights=weights)


def test_attention_of_all_blocks_is_that_of_the_reference(network, arrays):
    found = attention_of(network, 127.5 * arrays["x"] + 127.5)
    np.testing.assert_allclose(found, arrays["attn"], atol=1e-5)


def test_blocks_stand_in_their_order():
    spec = ViTSpec(hidden=8, depth=11, heads=1, mlp=8, patch=8)
    model = vit(spec, image_size=16)
    scale = model.get_layer("block10_query").kernel
    pixels = np.random.default_rng(0).uniform(0, 255, (1, 16, 16, 3))
    before = attention_of(model, pixels)
    scale.assign(scale * 50)
    changed = abs(attention_of(model, pixels) - before).max(axis=(1, 2, 3, 4))
    assert (changed > 1e-4).tolist() == [False] * 10 + [True]


@pytest.mark.parametrize(
    ("residual", "name"), [(True, "rollout"), (False, "rollout_no_residual")]
)
def test_rollout_is_that_of_the_reference(arrays, residual, name):
    found = rollout(arrays["attn"], residual)
    np.testing.assert_allclose(found, arrays[name], rtol=1e-5, atol=1e-7)


def test_what_the_class_token_looks_at_is_that_of_the_reference(arrays):
    found = on_grid(rollout(arrays["attn"]), (4, 4))
    np.testing.assert_allclose(found, arrays["rollout_cls_grid"], rtol=1e-5)


def test_without_a_class_token_all_patches_count():
    rolled = np.array([[[0.5, 0.5], [0.1, 0.9]]])
    np.testing.assert_allclose(on_grid(rolled, (2, 1))[0, :, 0], [0.3, 0.7])


def test_what_a_probe_looks_at_is_what_its_tokens_looked_at():
    rolled = np.array([[[0.5, 0.5], [0.1, 0.9]]])
    probe = np.array([[[[1.0, 0.0]], [[0.5, 0.5]]]])  # of two heads
    found = on_grid(rolled, (2, 1), probe)
    np.testing.assert_allclose(found[0, :, 0], [0.4, 0.6])


def test_the_probe_has_its_attention_beside_the_blocks():
    spec = ViTSpec(hidden=8, depth=2, heads=2, mlp=8, patch=8, classifier="map")
    pixels = np.random.default_rng(0).uniform(0, 255, (3, 16, 24, 3))
    maps = AttentionMaps(vit(spec, num_classes=5, image_size=(16, 24)))
    attention, probe, outputs = maps.on_batch(pixels)
    assert attention.shape == (2, 3, 2, 6, 6)
    assert probe.shape == (3, 2, 1, 6)
    assert outputs.shape == (3, 5)


@pytest.mark.parametrize(
    ("stem", "patch", "stride"), [(None, 16, 16), (ResNetStem((1, 1), 0.5), 2, 16)]
)
def test_patches_lie_as_many_pixels_apart_as_their_spec_says(stem, patch, stride):
    spec = ViTSpec(hidden=8, depth=1, heads=1, mlp=8, patch=patch, stem=stem)
    for size in ((70, 50), (18, 34)):
        maps = AttentionMaps(vit(spec, image_size=size))
        assert (maps.stride, spec.stride) == (stride, stride)
        assert maps.grid == spec.grid(size)


@pytest.mark.parametrize(("renormalize", "name"), [(True, "renorm"), (False, "raw")])
def test_mean_attention_distance_is_that_of_the_reference(arrays, renormalize, name):
    found = mean_attention_distance(arrays["attn"], (4, 4), 8, renormalize)
    expected = arrays[f"mean_attn_dist_px_{name}"]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_filters_are_sorted_by_what_they_explain():
    model = vit(TINY, image_size=32)
    kernel = model.get_layer("embedding").kernel
    generator = np.random.default_rng(0)
    pattern = generator.normal(size=(8, 8, 3, 1))
    noise = generator.normal(0, 0.1, kernel.shape)
    kernel.assign(noise + pattern * generator.normal(0, 3, 32))
    found = filters(model, 5)
    assert found.shape == (5, 8, 8, 3)
    assert (found.min(), found.max()) == (0, 1)
    likeness = np.corrcoef(found[0].ravel(), pattern.ravel())[0, 1]
    assert abs(likeness) > 0.99
    assert abs(np.corrcoef(found[1].ravel(), pattern.ravel())[0, 1]) < 0.3


def test_likeness_of_positions_leaves_out_the_class_token(network):
    (positions,) = network.get_layer("positions").get_weights()
    found = position_similarity(network)
    one, other = positions[0, 1 + 4 * 1 + 2], positions[0, 1 + 4 * 3 + 0]
    expected = one @ other / np.linalg.norm(one) / np.linalg.norm(other)
    assert found[1, 2, 3, 0] == pytest.approx(expected, abs=1e-6)
    assert found[2, 2, 2, 2] == pytest.approx(1)


def test_networks_without_what_is_looked_at_are_refused():
    network = bit(BiTSpec((1,), 0.5))
    with pytest.raises(InputError, match="has no attention"):
        attention_of(network, np.zeros((1, 32, 32, 3)))
    with pytest.raises(InputError, match="has learned no positions"):
        position_similarity(network)


def test_filters_behind_a_resnet_are_refused():
    spec = ViTSpec(hidden=8, depth=1, heads=1, mlp=8, patch=1, stem=ResNetStem((), 0.5))
    with pytest.raises(InputError, match="of the features of a ResNet"):
        filters(vit(spec, image_size=32))
