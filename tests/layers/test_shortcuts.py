import numpy as np
import pytest

from bit_keras.layers import ZeroPaddedShortcut

pytestmark = pytest.mark.backend


@pytest.mark.parametrize("side", [4, 5])
def test_every_second_position_stands_between_channels_of_zeros(run_layer, side):
    x = np.random.default_rng(0).normal(size=(2, side, side, 2)).astype("float32")
    layer = ZeroPaddedShortcut(6, 2)
    found = run_layer(layer, x)
    assert found.shape == layer.compute_output_shape(x.shape)
    np.testing.assert_array_equal(found[..., 2:4], x[:, ::2, ::2])
    assert not found[..., [0, 1, 4, 5]].any()
