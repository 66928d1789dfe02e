import keras
import numpy as np
import pytest
from keras import ops

from bit_keras.layers import (
    PaddedConv2D,
    SameStandardizedConv2D,
    StandardizedConv2D,
)

pytestmark = pytest.mark.backend


def with_kernel(layer, kernel):
    layer.build((None, None, None, kernel.shape[2]))
    layer.kernel.assign(kernel)
    return layer


BOTH = {"bit": StandardizedConv2D, "hybrid": SameStandardizedConv2D}


@pytest.mark.parametrize("kind", BOTH)
def test_standardised_kernel_is_that_of_the_reference(golden, kind):
    arrays = golden("01_layers.npz")  # one channel is constant, others tiny
    layer = with_kernel(BOTH[kind](24, 3), arrays["conv_kernel"])
    expected = arrays[f"conv_kernel_standardized_{kind}"]
    np.testing.assert_allclose(
        ops.convert_to_numpy(layer.standardized_kernel()),
        expected,
        atol=1e-4 * abs(expected).max(),
    )


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("kind", BOTH)
def test_output_is_that_of_the_reference(golden, run_layer, kind, stride):
    arrays = golden("01_layers.npz")
    layer = with_kernel(BOTH[kind](24, 3, stride), arrays["conv_kernel"])
    expected = arrays[f"conv_{kind}_stride{stride}"]
    np.testing.assert_allclose(
        run_layer(layer, arrays["conv_x"]), expected, atol=1e-4 * abs(expected).max()
    )


def test_output_ignores_an_affine_change_of_the_kernel(run_layer):
    random = np.random.default_rng(0)
    images = random.normal(size=(2, 9, 7, 4)).astype("float32")
    kernel = random.normal(size=(3, 3, 4, 8)).astype("float32")
    layer = with_kernel(StandardizedConv2D(8, 3), kernel)
    before = run_layer(layer, images)
    layer.kernel.assign(5 * kernel + 3)
    np.testing.assert_allclose(run_layer(layer, images), before, atol=1e-4)


@pytest.mark.parametrize("deviation", [1e-4, 1e-6])
@pytest.mark.parametrize(
    ("policy", "rounding"), [("mixed_float16", 1e-3), ("mixed_bfloat16", 8e-3)]
)
def test_kernel_is_standardised_before_it_is_rounded(
    run_layer, policy, rounding, deviation
):
    random = np.random.default_rng(0)
    images = random.normal(size=(2, 9, 7, 8)).astype("float32")
    # Rounded to half precision first, all entries would be 1; and the variance of the
    # smaller deviation (1e-12) and the epsilon (1e-10) would be 0.
    kernel = (1 + deviation * random.normal(size=(3, 3, 8, 16))).astype("float32")
    full = run_layer(with_kernel(StandardizedConv2D(16, 3), kernel), images)
    layer = with_kernel(StandardizedConv2D(16, 3, dtype=policy), kernel)
    np.testing.assert_allclose(
        run_layer(layer, images), full, atol=rounding * abs(full).max()
    )


def test_epsilon_is_the_one_that_is_given():
    kernel = np.array([-1.0, 1.0], "float32").reshape(1, 2, 1, 1)
    layer = with_kernel(StandardizedConv2D(1, (1, 2), standardize_epsilon=3.0), kernel)
    found = ops.convert_to_numpy(layer.standardized_kernel()).ravel()
    np.testing.assert_allclose(found, [-0.5, 0.5])  # 1 / sqrt(1 + 3)


def ones_counted(run_layer, size, kernel_size, strides):
    """How many pixels of an image of ones each place of the kernel covers."""
    layer = with_kernel(
        PaddedConv2D(1, kernel_size, strides),
        np.ones((kernel_size, kernel_size, 1, 1), "float32"),
    )
    return run_layer(layer, np.ones((1, *size, 1), "float32"))[0, :, :, 0]


@pytest.mark.parametrize(
    ("size", "kernel_size", "strides", "expected"),
    [
        ((3, 4), 3, 1, [[4, 6, 6, 4], [6, 9, 9, 6], [4, 6, 6, 4]]),
        # Keras' "same" would pad the far sides only: [[9, 6], [6, 4]].
        ((4, 4), 3, 2, [[4, 6], [6, 9]]),
        ((3, 5), 3, 2, [[4, 6, 4], [4, 6, 4]]),
        ((6, 6), 7, 2, [[16, 24, 20], [24, 36, 30], [20, 30, 25]]),
        ((3, 3), 1, 2, [[1, 1], [1, 1]]),
        ((2, 2), 2, 1, [[4, 2], [2, 1]]),
    ],
)
def test_zeros_are_added_alike_on_both_sides(
    run_layer, size, kernel_size, strides, expected
):
    found = ones_counted(run_layer, size, kernel_size, strides)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("strides", [1, 2])
@pytest.mark.parametrize("kernel_size", [1, 2, 3, 7])
def test_output_shape_is_known_before_the_call(run_layer, kernel_size, strides):
    layer = StandardizedConv2D(5, kernel_size, strides)
    images = np.zeros((2, 9, 12, 3), "float32")
    assert layer.compute_output_shape(images.shape) == run_layer(layer, images).shape


def test_output_shape_of_an_unknown_size_is_unknown():
    layer = StandardizedConv2D(5, 3, 2)
    shape = layer.compute_output_shape((None, None, None, 3))
    assert shape == (None, None, None, 5)


@pytest.mark.parametrize("layer_class", [PaddedConv2D, StandardizedConv2D])
@pytest.mark.parametrize("argument", [{"padding": "valid"}, {"padding": "same"}])
def test_padding_and_bias_cannot_be_chosen(layer_class, argument):
    with pytest.raises(ValueError, match=f"takes no `{next(iter(argument))}`"):
        layer_class(4, 3, **argument)


@pytest.mark.parametrize("strides", [1, 2])
def test_layer_is_rebuilt_from_its_config(run_layer, strides):
    layer = StandardizedConv2D(
        4, (3, 5), strides, standardize_epsilon=0.1, name="conv", activation="relu"
    )
    images = np.random.default_rng(0).normal(size=(1, 8, 9, 2)).astype("float32")
    layer.build(images.shape)
    before = run_layer(layer, images)
    config = keras.saving.serialize_keras_object(layer)
    copy = keras.saving.deserialize_keras_object(config)
    copy.set_weights(layer.get_weights())
    assert copy.name == "conv"
    np.testing.assert_array_equal(run_layer(copy, images), before)


@pytest.mark.parametrize("index", range(2))
@pytest.mark.parametrize(("side", "stride"), [(7, 2), (3, 1), (3, 2), (1, 2)])
def test_plain_convolution_is_that_of_the_reference(
    golden, run_layer, side, stride, index
):
    arrays = golden("10_layers.npz")
    x, name = arrays[f"conv_x{index}"], f"conv_{side}x{side}_s{stride}_{index}"
    kernel = arrays[f"conv_kernel_{side}x{side}"].transpose(2, 3, 1, 0)
    layer = PaddedConv2D(kernel.shape[-1], side, stride)
    layer.build(x.shape)
    layer.kernel.assign(kernel)
    found, expected = run_layer(layer, x), arrays[name]
    np.testing.assert_allclose(found, expected, atol=1e-5 * abs(expected).max())


def test_bias_is_added_to_each_filter(run_layer):
    layer = PaddedConv2D(2, 3, use_bias=True, bias_initializer="ones")
    found = run_layer(layer, np.zeros((1, 4, 4, 3), "float32"))
    assert (found == 1).all()
