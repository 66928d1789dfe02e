import keras
import numpy as np
import pytest
from keras import ops

from bit_keras.layers import BFloat16GroupNormalization, GroupNormalization

pytestmark = pytest.mark.backend


def golden_layer(arrays, groups, **options):
    layer = GroupNormalization(groups, **options)
    layer.build(arrays["gn_x"].shape)
    layer.gamma.assign(arrays["gn_gamma"])
    layer.beta.assign(arrays["gn_beta"])
    return layer


def exact(x, groups):
    """Group normalisation without gamma and beta, in float64."""
    grouped = x.astype("float64").reshape(len(x), -1, groups, x.shape[-1] // groups)
    grouped = grouped - grouped.mean((1, 3), keepdims=True)
    variance = np.square(grouped).mean((1, 3), keepdims=True)
    return (grouped / np.sqrt(variance + 1e-5)).reshape(x.shape)


@pytest.mark.parametrize("groups", [32, 16, 1])
def test_output_is_that_of_the_reference(golden, run_layer, groups):
    arrays = golden("01_layers.npz")
    output = run_layer(golden_layer(arrays, groups), arrays["gn_x"])
    np.testing.assert_allclose(output, arrays[f"gn{groups}_y"], rtol=1e-5, atol=1e-5)


def test_epsilon_is_the_one_that_is_given(golden, run_layer):
    arrays = golden("01_layers.npz")
    output = run_layer(golden_layer(arrays, 32, epsilon=1e-6), arrays["gn_x"])
    expected = arrays["gn32_y_hybrid_eps1e-6"]  # 1e-5 would differ by over 0.1
    np.testing.assert_allclose(output, expected, rtol=1e-5, atol=2e-5)


@pytest.mark.parametrize("groups", [32, 16, 1])
def test_gradients_are_those_of_the_reference(golden, gradients, groups):
    arrays = golden("01_layers.npz")
    cotangent = arrays["gn_cotangent"]
    _, dx, (dgamma, dbeta) = gradients(
        golden_layer(arrays, groups),
        lambda output: ops.sum(output * ops.convert_to_tensor(cotangent)),
        arrays["gn_x"],
    )
    for name, value in (("dx", dx), ("dgamma", dgamma), ("dbeta", dbeta)):
        expected = arrays[f"gn{groups}_{name}"]
        scale = abs(expected).max()
        np.testing.assert_allclose(value / scale, expected / scale, atol=1e-5)


@pytest.mark.parametrize("side", [9, 56])
def test_output_is_exact_far_from_zero(run_layer, side):
    random = np.random.default_rng(0)
    x = (1000 + random.normal(size=(2, side, side + 2, 64))).astype("float32")
    # Float32 holds numbers near 1000 to 6e-5; a variance taken as the difference of
    # two means of squares would be wrong by 0.06 and more.
    np.testing.assert_allclose(
        run_layer(GroupNormalization(32), x), exact(x, 32), atol=2e-3
    )


def test_channels_far_apart_within_a_group_are_normalised_together(run_layer):
    random = np.random.default_rng(0)
    shifts = np.array([100, -100, 30, 5], "float32")
    x = random.normal(size=(2, 5, 7, 4)).astype("float32") + shifts
    output = run_layer(GroupNormalization(2), x)
    np.testing.assert_allclose(output, exact(x, 2), atol=1e-5)


def test_images_of_a_batch_do_not_influence_each_other(run_layer):
    x = np.random.default_rng(0).normal(size=(2, 5, 7, 8)).astype("float32")
    changed = np.stack([x[0], 9 * x[1] + 3])
    layer = GroupNormalization(4)
    np.testing.assert_array_equal(run_layer(layer, x)[0], run_layer(layer, changed)[0])


@pytest.mark.parametrize(
    ("policy", "largest", "tolerance"),
    [("mixed_float16", 6e4, 1e-3), ("mixed_bfloat16", 7e4, 8e-3)],
)
def test_squares_beyond_half_precision_do_not_overflow(
    run_layer, policy, largest, tolerance
):
    x = largest * np.random.default_rng(0).uniform(-1, 1, size=(2, 9, 7, 64))
    half = policy.removeprefix("mixed_")
    x = ops.convert_to_numpy(ops.cast(ops.cast(x, half), "float32"))
    output = run_layer(GroupNormalization(32, dtype=policy), x)
    np.testing.assert_allclose(output, exact(x, 32), atol=tolerance)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_gamma_and_beta_are_not_rounded_in_mixed_precision(run_layer, policy):
    signs = np.array([[1.0, -1.0], [-1.0, 1.0]], "float32")
    x = np.repeat(signs[None, :, :, None], 2, axis=-1)
    layer = GroupNormalization(1, dtype=policy)
    layer.build(x.shape)
    # Float16 would make 1000.5 and -1000 of them, bfloat16 1000 and -1000.
    layer.gamma.assign([1000.3, 1000.3])
    layer.beta.assign([-1000.05, -1000.05])
    # x / sqrt(1 + 1e-5) is 0.999995.
    np.testing.assert_allclose(run_layer(layer, x)[0, 0, 0], 0.245, atol=1e-3)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_gradient_in_mixed_precision_is_near_that_in_float32(gradients, policy):
    random = np.random.default_rng(0)
    x = random.normal(size=(2, 5, 7, 8)).astype("float32")
    weights = random.normal(size=x.shape).astype("float32")

    def loss(output):
        return ops.sum(ops.cast(output, "float32") * ops.convert_to_tensor(weights))

    found = {}
    for dtype in ("float32", policy):
        layer = GroupNormalization(4, dtype=dtype)
        layer.build(x.shape)
        _, dx, of_variables = gradients(layer, loss, x)
        found[dtype] = [dx, *of_variables]
    for half, full in zip(found[policy], found["float32"], strict=True):
        np.testing.assert_allclose(half, full, atol=0.02 * abs(full).max())


def test_fused_relu_equals_a_relu_afterwards(golden, run_layer):
    arrays = golden("01_layers.npz")
    plain = run_layer(golden_layer(arrays, 32), arrays["gn_x"])
    fused = run_layer(golden_layer(arrays, 32, activation="relu"), arrays["gn_x"])
    assert (plain < 0).any()
    # Not equal to the bit: a compiler may fuse the two in another order.
    np.testing.assert_allclose(fused, np.maximum(plain, 0), rtol=1e-6, atol=1e-6)


def test_output_has_the_type_of_the_policy():
    x = np.ones((1, 2, 2, 4), "float32")
    output = GroupNormalization(2, dtype="mixed_bfloat16")(x)
    assert keras.backend.standardize_dtype(output.dtype) == "bfloat16"


def bfloat16(x):
    """Gives the nearest values that bfloat16 holds, as float32."""
    return ops.convert_to_numpy(ops.cast(ops.cast(x, "bfloat16"), "float32"))


@pytest.mark.parametrize("mean", [0, 20, -1000])
def test_bfloat16_layer_has_float32_statistics(run_layer, mean):
    random = np.random.default_rng(0)
    x = bfloat16(mean + 30 * random.normal(size=(2, 9, 7, 64)).astype("float32"))
    layer = BFloat16GroupNormalization(32, dtype="mixed_bfloat16")
    found, expected = run_layer(layer, ops.cast(x, "bfloat16")), exact(x, 32)
    # Scale, shift, product and sum round by 2^-9 each; statistics in bfloat16 would
    # be wrong by more than the variance where the mean is -1000.
    rounding = 2**-8 * (1 + 3 * abs(mean) / 30)
    np.testing.assert_allclose(found, expected, rtol=2**-7, atol=rounding)


def test_bfloat16_layer_applies_gamma_beta_and_relu(golden, run_layer):
    arrays = golden("01_layers.npz")
    plain = golden_layer(arrays, 32, activation="relu")
    layer = BFloat16GroupNormalization(32, activation="relu", dtype="mixed_bfloat16")
    layer.build(arrays["gn_x"].shape)
    layer.set_weights(plain.get_weights())
    x = bfloat16(arrays["gn_x"])
    expected = run_layer(plain, x)
    found = run_layer(layer, ops.cast(x, "bfloat16"))
    np.testing.assert_allclose(found, expected, rtol=0.02, atol=0.02)
    assert (found == 0).any()


def test_bfloat16_layer_bears_images_of_one_colour(run_layer):
    x = ops.cast(np.full((1, 5, 7, 64), 1000 / 3, "float32"), "bfloat16")
    layer = BFloat16GroupNormalization(32, dtype="mixed_bfloat16")
    assert np.isfinite(run_layer(layer, x)).all()


def test_groups_that_do_not_divide_the_channels_are_refused():
    with pytest.raises(ValueError, match="groups=32, input shape"):
        GroupNormalization(32).build((None, None, None, 48))


def test_unknown_activation_is_refused():
    with pytest.raises(ValueError, match="Received: gelu"):
        GroupNormalization(activation="gelu")


def test_layer_is_rebuilt_from_its_config(golden, run_layer):
    arrays = golden("01_layers.npz")
    layer = golden_layer(arrays, 16, epsilon=1e-3, activation="relu")
    copy = GroupNormalization.from_config(layer.get_config())
    copy.build(arrays["gn_x"].shape)
    copy.set_weights(layer.get_weights())
    x = arrays["gn_x"]
    np.testing.assert_array_equal(run_layer(copy, x), run_layer(layer, x))
