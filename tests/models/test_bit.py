import keras
import numpy as np
import pytest
from keras import ops

from bit_keras import weights
from bit_keras.errors import InputError
from bit_keras.models import BIT_VARIANTS, BiTSpec, bit

pytestmark = pytest.mark.backend


@pytest.fixture
def odd_settings():
    """Keras as somebody's keras.json may set it for other programs."""
    before = keras.config.image_data_format(), keras.config.floatx()
    keras.config.set_image_data_format("channels_first")
    yield
    keras.config.set_image_data_format(before[0])
    keras.config.set_floatx(before[1])


@pytest.mark.parametrize("floatx", ["float32", "float16"])
def test_networks_do_not_depend_on_the_settings_of_keras(floatx, odd_settings):
    keras.config.set_floatx(floatx)
    network = bit(BiTSpec((1, 1), 0.5), num_classes=3)
    pixels = np.random.default_rng(0).integers(0, 256, (2, 40, 32, 3), "uint8")
    logits = keras.ops.convert_to_numpy(network(pixels))
    assert logits.shape == (2, 3)
    assert network.get_layer("root").output.shape[-1] == 32


@pytest.mark.parametrize("policy", ["float32", "mixed_float16", "mixed_bfloat16"])
def test_gradient_reaches_every_weight(reference, pixels, gradients, policy):
    case = reference("r1111")
    network = case.network(dtype=policy)
    _, _, of_variables = gradients(
        network,
        lambda logits: ops.mean(ops.square(logits)),
        pixels(case.arrays["x0"]).astype("float32"),
    )
    for variable, gradient in zip(
        network.trainable_variables, of_variables, strict=True
    ):
        assert np.isfinite(gradient).all(), variable.path
        assert np.abs(gradient).max() > 0, variable.path


def test_logits_are_float32_in_mixed_precision():
    network = bit("tiny", num_classes=3, dtype="mixed_bfloat16")
    assert network.get_layer("stage4").compute_dtype == "bfloat16"
    assert network.get_layer("pre_logits").output.dtype == "float32"
    assert network.output.dtype == "float32"
    assert {variable.dtype for variable in network.variables} == {"float32"}


def test_bytes_and_floats_give_the_same_logits(reference, pixels, run_layer):
    case = reference("r1111")
    network, images = case.network(), pixels(case.arrays["x2"])
    np.testing.assert_array_equal(
        run_layer(network, images), run_layer(network, images.astype("float32"))
    )


def test_network_without_classes_gives_the_features(reference, pixels, run_layer):
    case = reference("r1111")
    network = bit(case.spec, weights=case.weights)
    found = run_layer(network, pixels(case.arrays["x2"]))
    np.testing.assert_allclose(found, case.arrays["pooled2"], atol=5e-5)


def test_head_for_other_classes_becomes_zero_and_says_so(reference, capsys):
    case = reference("r1111")
    network = bit(case.spec, num_classes=4, weights=case.weights)
    assert not any(values.any() for values in network.get_layer("logits").get_weights())
    assert "new zero head for 4 classes" in capsys.readouterr().out


def test_head_for_as_many_classes_is_kept_and_says_so(reference, capsys):
    case = reference("r1111")
    network = bit(case.spec, num_classes=10, weights=case.weights)
    assert all(values.any() for values in network.get_layer("logits").get_weights())
    assert "its head for 10 classes" in capsys.readouterr().out


def test_normalization_is_the_one_that_is_given(reference, pixels, run_layer):
    case = reference("r1111")
    given = pixels(case.arrays["x2"]).astype("float32")
    network = bit(case.spec, weights=case.weights, normalization="unit")
    # x / 255 is (x' - 127.5) / 127.5 for x' = 127.5 + x / 2.
    expected = run_layer(bit(case.spec, weights=case.weights), 127.5 + given / 2)
    np.testing.assert_allclose(run_layer(network, given), expected, atol=1e-4)


@pytest.mark.parametrize("channels", [1, 4])
def test_images_may_have_another_number_of_channels(run_layer, channels):
    network = bit("tiny", num_classes=3, channels=channels)
    images = np.zeros((2, 33, 40, channels), "uint8")
    assert run_layer(network, images).shape == (2, 3)


@pytest.mark.parametrize("variant", ["tiny", "r26x1"])
def test_network_has_the_parameters_that_its_spec_counts(variant):
    network = bit(variant, num_classes=7, channels=2)
    expected = BIT_VARIANTS[variant].parameters(num_classes=7, channels=2)
    assert network.count_params() == expected


def test_saved_official_file_is_the_loaded_one(reference, golden, tmp_path):
    case = reference("r2111")
    weights.save(case.network(), tmp_path / "mine.npz")
    expected = golden("01_bit_r2111_w0.5.ckpt.npz")
    with np.load(tmp_path / "mine.npz", allow_pickle=False) as found:
        assert set(found.files) == set(expected)
        for name in expected:
            np.testing.assert_array_equal(found[name], expected[name])


def test_fit_lowers_the_loss():
    keras.utils.set_random_seed(0)
    stripes = np.zeros((8, 32, 32, 3), "uint8")
    stripes[:, ::4] = 255
    labels = np.arange(8) % 2
    images = np.where(labels[:, None, None, None], stripes.swapaxes(1, 2), stripes)
    network = bit(BiTSpec((1,), 0.5), num_classes=2)
    network.compile(
        keras.optimizers.SGD(0.1, momentum=0.9),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    history = network.fit(images, labels, batch_size=8, epochs=8, verbose=0)
    assert history.history["loss"][0] == pytest.approx(np.log(2))  # a zero head
    assert history.history["loss"][-1] < 0.5


def test_unknown_variant_is_refused_with_a_suggestion():
    with pytest.raises(InputError, match="Did you mean 'r50x1'"):
        bit("r50x1x")


def test_foreign_weights_are_refused(reference):
    with pytest.raises(InputError, match="missing: resnet/block1/unit02"):
        bit(BiTSpec((2, 1, 1, 1), 0.5), weights=reference("r1111").weights)
