import numpy as np
import pytest

from bit_keras.layers import PaddedMaxPooling2D

pytestmark = pytest.mark.backend


@pytest.mark.parametrize("index", range(3))
def test_negative_values_are_pooled_as_in_the_reference(golden, run_layer, index):
    arrays = golden("10_layers.npz")
    found = run_layer(PaddedMaxPooling2D(), arrays[f"pool_x{index}"])
    np.testing.assert_array_equal(found, arrays[f"pool_maxpool3s2p1_{index}"])


@pytest.mark.parametrize(("side", "expected"), [(7, 4), (8, 4), (None, None)])
def test_shape_is_told_without_the_images(side, expected):
    shape = PaddedMaxPooling2D().compute_output_shape((None, side, side, 5))
    assert shape == (None, expected, expected, 5)
