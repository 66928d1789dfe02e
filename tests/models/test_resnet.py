import keras
import numpy as np
import pytest

from bit_keras.errors import InputError
from bit_keras.layers import GroupNormalization, StandardizedConv2D, StochasticDepth
from bit_keras.models import ResNetSpec, build, resnet

pytestmark = pytest.mark.backend

SMALL = ResNetSpec((1, 2), "basic", 0.5, stem="cifar")


def test_last_norm_of_every_unit_begins_as_nothing():
    network = resnet(SMALL)
    zero = {
        layer.name
        for layer in network.layers
        if isinstance(layer, keras.layers.BatchNormalization)
        and not np.any(keras.ops.convert_to_numpy(layer.gamma))
    }
    units = ("stage1_unit01", "stage2_unit01", "stage2_unit02")
    assert zero == {f"{unit}_norm2" for unit in units}


def test_kernels_begin_as_he_has_them():
    network = resnet(ResNetSpec((1,), "basic", 4, stem="cifar"))
    kernel = keras.ops.convert_to_numpy(network.get_layer("stage1_unit01_conv2").kernel)
    assert kernel.std() == pytest.approx(np.sqrt(2 / (9 * 256)), rel=0.01)
    # Not cut off at two deviations.
    assert abs(kernel).max() > 3 * kernel.std()


def test_units_are_left_out_more_often_the_later_they_stand(golden):
    expected = golden("14_droppath_ema.npz")["drop_path_resnet50_0.05"]
    with keras.StatelessScope(initialize_variables=False):
        network = build("resnet50", stochastic_depth=0.05)
    keras.utils.clear_session()
    rates = [0.0]  # the first unit always stays
    rates += [x.rate for x in network.layers if isinstance(x, StochasticDepth)]
    np.testing.assert_allclose(rates, expected, atol=1e-9)


def test_norm_and_kernels_can_be_those_of_bit():
    spec = ResNetSpec((1,), "basic", 0.5, norm="group", standardized=True)
    kinds = {type(layer) for layer in resnet(spec).layers}
    assert {GroupNormalization, StandardizedConv2D} <= kinds
    assert keras.layers.BatchNormalization not in kinds


def test_pixels_are_normalised_as_the_spec_says():
    spec = ResNetSpec((1,), "basic", 0.25, normalization="unit")
    assert resnet(spec).get_layer("normalization").normalization == "unit"
    told = resnet(spec, normalization="symmetric")
    assert told.get_layer("normalization").normalization == "symmetric"


@pytest.mark.skipif(
    keras.config.backend() == "tensorflow", reason="TensorFlow has what is refused"
)
def test_synchronized_batch_norm_is_refused_without_tensorflow():
    with pytest.raises(InputError, match="TensorFlow alone. Received: KERAS_BACKEND="):
        build("resnet20", synchronized_batch_norm=True)


def test_synchronized_batch_norm_is_refused_of_networks_without_any():
    with pytest.raises(InputError, match="Networks of bit have no synchronized"):
        build("bit_tiny", synchronized_batch_norm=True)


def test_norms_are_those_of_the_reference(golden, run_layer):
    arrays = golden("10_layers.npz")
    config = resnet(SMALL).get_layer("root_norm").get_config()
    norm = keras.layers.BatchNormalization.from_config(config)
    norm.build(arrays["bn_x"].shape)
    names = ("weight", "bias", "running_mean", "running_var")
    norm.set_weights([arrays[f"bn_{name}"] for name in names])
    found = run_layer(norm, arrays["bn_x"])
    np.testing.assert_allclose(found, arrays["bn_eval_y"], rtol=1e-5, atol=1e-6)
