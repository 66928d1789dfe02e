import keras
import numpy as np
import pytest

from bit_keras.layers import (
    BFloat16GroupNormalization,
    GroupNormalization,
    PaddedConv2D,
    StandardizedConv2D,
)
from bit_keras.models import BiTSpec, bit, endpoint, for_inference, vit

pytestmark = pytest.mark.backend


# XLA rounds to half precision at other places in the one than in the other.
@pytest.mark.parametrize(
    ("policy", "tolerance"),
    [("float32", 1e-5), ("mixed_float16", 5e-3), ("mixed_bfloat16", 0.05)],
)
def test_copy_gives_the_same_logits(reference, pixels, run_layer, policy, tolerance):
    case = reference("r1111")
    network = case.network(dtype=policy)
    given = pixels(case.arrays["x2"])
    np.testing.assert_allclose(
        run_layer(for_inference(network), given),
        run_layer(network, given),
        atol=tolerance,
    )


def test_copy_in_bfloat16_gives_nearly_the_logits_of_float32(
    reference, pixels, run_layer
):
    case = reference("r1111")
    given = pixels(case.arrays["x2"])
    copy = for_inference(case.network(), "mixed_bfloat16")
    found = run_layer(copy, given)
    assert copy.get_layer("logits").compute_dtype == "float32"
    assert copy.get_layer("pre_logits").compute_dtype == "float32"
    assert 1e-4 < abs(found - run_layer(case.network(), given)).max() < 0.05


@pytest.mark.parametrize(
    ("policy", "kernels", "statistics"),
    [
        ("float32", "float32", GroupNormalization),
        ("mixed_float16", "float16", GroupNormalization),
        ("mixed_bfloat16", "bfloat16", BFloat16GroupNormalization),
    ],
)
def test_copy_keeps_kernels_as_they_are_used(policy, kernels, statistics):
    copy = for_inference(bit(BiTSpec((1,), 0.5), num_classes=2), policy)
    assert copy.get_layer("root_conv").kernel.dtype == kernels
    norm = copy.get_layer("head_norm")
    assert type(norm) is statistics
    assert {v.dtype for v in norm.weights} == {"float32"}


def test_copy_gives_the_same_features(reference, pixels, run_layer):
    case = reference("r1111")
    features = endpoint(case.network(), "pre_logits")
    given = pixels(case.arrays["x2"])
    np.testing.assert_allclose(
        run_layer(for_inference(features), given), run_layer(features, given), atol=1e-5
    )


def test_kernels_of_the_copy_are_standardised_once_and_for_all():
    network = bit(BiTSpec((1,), 0.5))
    copy = for_inference(network)
    assert not any(isinstance(layer, StandardizedConv2D) for layer in copy.layers)
    kernels = [
        layer.get_weights()[0]
        for layer in copy.layers
        if isinstance(layer, PaddedConv2D)
    ]
    assert len(kernels) == 5
    for kernel in kernels:
        np.testing.assert_allclose(kernel.mean((0, 1, 2)), 0, atol=1e-5)
        np.testing.assert_allclose(kernel.std((0, 1, 2)), 1, atol=1e-3)


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_copy_of_a_hybrid_gives_nearly_the_same_logits(run_layer, policy):
    network = vit("r_tiny", num_classes=3, image_size=32, dtype=policy)
    head = network.get_layer("logits")
    random = np.random.default_rng(0)
    head.kernel.assign(random.normal(0, 0.1, head.kernel.shape))
    pixels = random.uniform(0, 255, (2, 32, 32, 3)).astype("float32")
    copy = for_inference(network)
    dtypes = {copy.get_layer(x).kernel.dtype for x in ("root_conv", "block1_mlp1")}
    assert dtypes == {policy.removeprefix("mixed_")}
    assert copy.get_layer("logits").kernel.dtype == "float32"
    tolerance = 1e-5 if policy == "float32" else 0.03
    found, expected = run_layer(copy, pixels), run_layer(network, pixels)
    assert np.ptp(expected) > 0.1
    np.testing.assert_allclose(found, expected, atol=tolerance)


def test_copy_does_not_follow_the_network():
    network = bit(BiTSpec((1,), 0.5), num_classes=2)
    copy = for_inference(network)
    for variable in network.variables:
        variable.assign(variable + 1)
    assert (copy.get_layer("logits").get_weights()[0] == 0).all()
    assert (copy.get_layer("head_norm").get_weights()[0] == 1).all()


def test_network_itself_stays_as_it_was():
    network = bit(BiTSpec((1,), 0.5), num_classes=2)
    before = network.get_weights()
    for_inference(network)
    for old, new in zip(before, network.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def shaken(inputs, outputs):
    """A network whose norms are as after some training."""
    network = keras.Model(inputs, outputs)
    generator = np.random.default_rng(0)
    for variable in network.weights:
        variable.assign(generator.uniform(0.5, 1.5, variable.shape))
    return network


def conv(x, **named):
    return keras.layers.Conv2D(8, 3, padding="same", **named)(x)


def its_output_is_of_use_elsewhere(images):
    x = conv(images)
    return [x, keras.layers.BatchNormalization()(x)]


def norm_of_two_convolutions(images):
    norm = keras.layers.BatchNormalization()
    return [norm(conv(images)), norm(conv(images))]


def convolution_called_twice(images):
    layer = keras.layers.Conv2D(3, 3, padding="same")
    return keras.layers.BatchNormalization()(layer(layer(images)))


def channels_before_positions(images):
    x = keras.layers.Conv2D(8, 1, data_format="channels_first")(images)
    return keras.layers.BatchNormalization()(x)


@pytest.mark.parametrize(
    "outputs",
    [
        its_output_is_of_use_elsewhere,
        norm_of_two_convolutions,
        convolution_called_twice,
        channels_before_positions,
    ],
)
def test_norms_that_cannot_be_folded_stay(outputs):
    images = keras.Input((8, 8, 3))
    network = shaken(images, outputs(images))
    given = np.random.default_rng(1).normal(size=(2, 8, 8, 3)).astype("float32")
    copy = for_inference(network)
    for found, expected in zip(
        keras.tree.flatten(copy(given)),
        keras.tree.flatten(network(given)),
        strict=True,
    ):
        np.testing.assert_allclose(
            keras.ops.convert_to_numpy(found),
            keras.ops.convert_to_numpy(expected),
            rtol=1e-5,
            atol=1e-5,
        )
    kinds = [type(layer) for layer in copy.layers]
    assert keras.layers.BatchNormalization in kinds


def test_norms_of_a_sequential_network_are_folded(run_layer):
    layers = [keras.layers.Conv2D(4, 3), keras.layers.BatchNormalization()]
    network = keras.Sequential([keras.Input((8, 8, 3)), *layers])
    layers[1].moving_mean.assign([1, 2, 3, 4])
    given = np.ones((1, 8, 8, 3), "float32")
    copy = for_inference(network)
    np.testing.assert_allclose(
        run_layer(copy, given), run_layer(network, given), atol=1e-5
    )
    assert keras.layers.BatchNormalization not in [type(layer) for layer in copy.layers]
