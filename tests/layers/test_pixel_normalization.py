import keras
import numpy as np
import pytest
from keras import ops

from bit_keras.layers import PixelNormalization

pytestmark = pytest.mark.backend

LEVELS = np.arange(256).reshape(1, 16, 16, 1)


@pytest.mark.parametrize(
    ("normalization", "darkest", "brightest"),
    [("symmetric", -1, 1), ("unit", 0, 1)],
)
def test_range_of_pixels_becomes_that_of_the_network(
    run_layer, normalization, darkest, brightest
):
    output = run_layer(PixelNormalization(normalization), LEVELS.astype("uint8"))
    assert output.min() == darkest
    assert output.max() == brightest


def test_imagenet_mean_becomes_zero_and_its_deviation_one(run_layer):
    mean = 255 * np.array([0.485, 0.456, 0.406], "float32")
    deviation = 255 * np.array([0.229, 0.224, 0.225], "float32")
    images = np.stack([mean, mean + deviation]).reshape(1, 1, 2, 3)
    output = run_layer(PixelNormalization("imagenet"), images)
    np.testing.assert_allclose(output[0, 0], [[0, 0, 0], [1, 1, 1]], atol=1e-5)


def test_imagenet_is_that_of_timm(run_layer, golden):
    reference = golden("12_eval_transforms.npz")
    pixels = reference["timm_c96_10_bicubic_0"][None]
    output = run_layer(PixelNormalization("imagenet"), pixels)
    expected = reference["timm_c96_10_bicubic_0_normalized"]
    np.testing.assert_allclose(output[0], expected, atol=1e-5)


@pytest.mark.parametrize("normalization", ["symmetric", "unit"])
def test_bytes_and_floats_give_the_same(run_layer, normalization):
    layer = PixelNormalization(normalization)
    np.testing.assert_array_equal(
        run_layer(layer, LEVELS.astype("uint8")),
        run_layer(layer, LEVELS.astype("float32")),
    )


def test_floats_beyond_the_range_are_not_clipped(run_layer):
    images = np.full((1, 1, 1, 3), 382.5, "float32")
    np.testing.assert_array_equal(run_layer(PixelNormalization(), images), 2)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_pixels_are_not_rounded_before_they_are_normalised(run_layer, policy):
    pixels = (LEVELS + 0.43).astype("float32")  # as resizing gives them
    output = run_layer(PixelNormalization(dtype=policy), pixels)
    half = policy.removeprefix("mixed_")
    expected = ops.cast(ops.cast((pixels - 127.5) / 127.5, half), "float32")
    np.testing.assert_array_equal(output, ops.convert_to_numpy(expected))


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_all_levels_of_bytes_stay_apart_in_mixed_precision(run_layer, policy):
    output = run_layer(PixelNormalization(dtype=policy), LEVELS.astype("uint8"))
    expected = (LEVELS - 127.5) / 127.5
    np.testing.assert_allclose(output, expected, atol=2e-3)
    assert len(np.unique(output)) == 256


def test_unknown_normalization_is_refused():
    with pytest.raises(ValueError, match="imagenet.*Received: 'caffe'"):
        PixelNormalization("caffe")


def test_other_channels_than_three_get_the_averages_of_imagenet(run_layer):
    images = np.full((1, 4, 4, 1), 116, "uint8")
    found = run_layer(PixelNormalization("imagenet"), images)
    np.testing.assert_allclose(found, (116 - 114.495) / 57.63, rtol=1e-5)


def test_layer_is_rebuilt_from_its_config(run_layer):
    layer = PixelNormalization("unit", name="pixels")
    config = keras.saving.serialize_keras_object(layer)
    copy = keras.saving.deserialize_keras_object(config)
    assert copy.name == "pixels"
    assert run_layer(copy, LEVELS.astype("uint8")).min() == 0
