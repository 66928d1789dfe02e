import dataclasses
import functools

import keras
import numpy as np
import pytest
from made_up import cross_entropy, write_made_up_weights

from bit_keras.models import ResNetStem, ViTSpec, endpoint, vit
from bit_keras.weights import load
from bit_keras.weights.vit_layout import vit_slots

pytestmark = pytest.mark.backend

TINY = ViTSpec(hidden=32, depth=2, heads=4, mlp=64, patch=8)
SPECS = {
    "02_vit_tiny_tok": TINY,
    "02_vit_tiny_rep": dataclasses.replace(TINY, representation_size=24),
    "02_vit_tiny_gap": dataclasses.replace(TINY, classifier="gap"),
    "03_hybrid_stem": dataclasses.replace(TINY, patch=4, stem=ResNetStem((), 0.5)),
    "03_hybrid_r11": ViTSpec(32, 1, 2, 48, 1, stem=ResNetStem((1, 1), 0.5)),
}
# Policy -> how far logits may be. JAX has no attention in float16 on processors.
HALF_PRECISION = {"mixed_bfloat16": 0.1}
if keras.backend.backend() != "jax":
    HALF_PRECISION["mixed_float16"] = 0.02
PLAIN = [name for name in SPECS if name.startswith("02")]
HYBRIDS = [name for name in SPECS if name.startswith("03")]


def pixels(images):
    """Images in [-1, 1] as pixels 0..255."""
    return (127.5 * images + 127.5).astype("float32")


@pytest.fixture(scope="module")
def reference(golden, golden_folder):
    """Gives a function: name, side of the grid -> (network, arrays)."""

    @functools.cache
    def find(name, grid=None):
        arrays = golden(f"{name}.io.npz")
        side = arrays["x"].shape[1] if grid is None else 8 * grid
        network = vit(
            SPECS[name],
            num_classes=arrays["logits"].shape[1],
            image_size=side,
            weights=str(golden_folder / f"{name}.ckpt.npz"),
        )
        return network, arrays

    return find


@pytest.mark.parametrize("name", SPECS)
def test_logits_are_those_of_the_reference(reference, run_layer, name):
    network, arrays = reference(name)
    found = run_layer(network, pixels(arrays["x"]))
    tolerance = 1e-5 if name in PLAIN else 5e-5
    np.testing.assert_allclose(found, arrays["logits"], atol=tolerance)


@pytest.mark.parametrize("name", PLAIN)
def test_tokens_are_those_of_the_reference(reference, run_layer, name):
    network, arrays = reference(name)
    places = {"embedded": "tokens_embedded"}
    places |= {place: place for place in ("block0", "block1", "encoded", "pre_logits")}
    for place, array in places.items():
        found = run_layer(endpoint(network, place), pixels(arrays["x"]))
        np.testing.assert_allclose(found, arrays[array], atol=1e-5, err_msg=place)


@pytest.mark.parametrize("name", PLAIN)
def test_attention_is_that_of_the_reference(reference, run_layer, name):
    network, arrays = reference(name)
    for block in (0, 1):
        weights = endpoint(network, f"block{block}_attention")
        found = run_layer(weights, pixels(arrays["x"]))
        np.testing.assert_allclose(found, arrays["attn"][block], atol=1e-5)


@pytest.mark.parametrize("name", HYBRIDS)
def test_features_of_the_stem_are_those_of_the_reference(reference, run_layer, name):
    network, arrays = reference(name)
    places = {"root_conv": "stem_conv", "stage1": "block1", "stage2": "block2"}
    places |= {"embedding": "embedding", "encoded": "encoded"}
    for place, array in places.items():
        if array in arrays:
            found = run_layer(endpoint(network, place), pixels(arrays["x"]))
            expected = arrays[array]
            np.testing.assert_allclose(
                found[: len(expected)],
                expected,
                atol=1e-5 * max(1, abs(expected).max()),
                err_msg=place,
            )


@pytest.mark.parametrize("grid", [6, 3])
@pytest.mark.parametrize("name", PLAIN)
def test_positions_of_another_grid_are_those_of_the_reference(
    reference, run_layer, name, grid
):
    network, arrays = reference(name, grid)
    (positions,) = network.get_layer("positions").get_weights()
    np.testing.assert_allclose(positions, arrays[f"posemb_google_g{grid}"], atol=1e-6)
    found = run_layer(network, pixels(arrays[f"x_g{grid}"]))
    np.testing.assert_allclose(found, arrays[f"logits_google_g{grid}"], atol=1e-5)


def test_features_before_the_representation_are_those_of_the_reference(
    golden, golden_folder, run_layer
):
    arrays = golden("02_vit_tiny_rep.io.npz")
    weights = str(golden_folder / "02_vit_tiny_rep.ckpt.npz")
    network = vit(TINY, num_classes=3, image_size=48, weights=weights)
    found = run_layer(endpoint(network, "pre_logits"), pixels(arrays["x_g6"]))
    np.testing.assert_allclose(found, arrays["finetune_features_g6"], atol=1e-5)


@pytest.mark.parametrize("name", SPECS)
def test_gradients_are_those_of_the_reference(reference, gradients, name):
    network, arrays = reference(name)
    loss = cross_entropy(arrays["grad_labels"])
    value, _, found = gradients(network, loss, pixels(arrays["x"]))
    assert value == pytest.approx(arrays["grad_loss"], abs=1e-5)
    names = {id(slot.variable): name for name, slot in vit_slots(network).items()}
    compared = 0
    for variable, gradient in zip(network.trainable_variables, found, strict=True):
        expected = arrays.get(f"grad:{names[id(variable)]}")
        if expected is None:
            continue
        gradient = gradient.reshape(expected.shape)
        if names[id(variable)].endswith("key/bias"):
            # It moves all scores of a query alike: nothing but rounding is left.
            assert abs(gradient).max() < 1e-6
        else:
            tolerance = 1e-4 * abs(expected).max()
            np.testing.assert_allclose(
                gradient, expected, atol=tolerance, err_msg=names[id(variable)]
            )
        compared += 1
    assert compared == sum(key.startswith("grad:") for key in arrays)


@pytest.mark.parametrize(
    "variant", ["ti16", pytest.param("b16", marks=pytest.mark.slow)]
)
def test_full_network_gives_the_logits_of_the_reference(
    golden, run_layer, tmp_path, variant
):
    arrays = golden(f"02_vit_{variant[:-2].title()}_16_recipe.io.npz")
    network = vit(variant, num_classes=int(arrays["num_classes"]))
    write_made_up_weights(tmp_path / "made.npz", vit_slots(network), arrays)
    load(network, tmp_path / "made.npz")
    found = run_layer(network, arrays["images_u8_224"])
    np.testing.assert_allclose(found, arrays["logits_google"], atol=5e-5)


@pytest.mark.parametrize("policy", HALF_PRECISION)
@pytest.mark.parametrize("name", ["02_vit_tiny_tok", "03_hybrid_r11"])
def test_logits_in_mixed_precision_are_near_those_of_the_reference(
    golden, golden_folder, run_layer, name, policy
):
    arrays = golden(f"{name}.io.npz")
    network = vit(
        SPECS[name],
        num_classes=arrays["logits"].shape[1],
        image_size=arrays["x"].shape[1],
        weights=str(golden_folder / f"{name}.ckpt.npz"),
        dtype=policy,
    )
    assert keras.backend.standardize_dtype(network.output.dtype) == "float32"
    found = run_layer(network, pixels(arrays["x"]))
    np.testing.assert_allclose(found, arrays["logits"], atol=HALF_PRECISION[policy])
