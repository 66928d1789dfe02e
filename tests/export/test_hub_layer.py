import shutil
import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf

from bit_keras.errors import InputError
from bit_keras.export import HubLayer, save_for_serving

DECAY = 0.01  # of the modules in `foreign`


@pytest.fixture(scope="module")
def inputs(images):
    return (images / 255).astype("float32")


def head(learns=False):
    # One that learns nothing, so that only the module can lower the loss.
    return keras.layers.Dense(3, trainable=learns)


def sequential(layer, learns=False):
    return keras.Sequential([keras.Input((32, 32, 3)), layer, head(learns)])


def functional(layer):
    inputs = keras.Input((32, 32, 3))
    return keras.Model(inputs, head()(layer(inputs)))


@pytest.mark.parametrize("model_of", [sequential, functional])
def test_it_is_trained_on(headless, images, fine_tuned, model_of):
    layer = HubLayer(headless)
    weights = [w.numpy() for w in layer.weights]
    before, after = fine_tuned(model_of(layer), keras)
    assert after < before
    for old, new in zip(weights, layer.weights, strict=True):
        assert (old != new.numpy()).any()
    inputs = tf.constant(images)
    np.testing.assert_allclose(layer(inputs), layer.module(inputs), atol=1e-6)


def test_what_is_not_to_be_trained_stays(headless, fine_tuned):
    layer = HubLayer(headless, trainable=False)
    assert layer.trainable_weights == []
    weights = [w.numpy() for w in layer.weights]
    fine_tuned(sequential(layer, learns=True), keras)
    for old, new in zip(weights, layer.weights, strict=True):
        np.testing.assert_array_equal(old, new.numpy())


def test_a_saved_model_keeps_what_its_layer_has_learned_averaged_and_drawn(
    normalizing, inputs, fine_tuned, tmp_path
):
    layer = HubLayer(normalizing)
    weights = [w.numpy() for w in layer.weights]
    assert {w.dtype.kind for w in weights} > {"f"}  # states of dropout, too
    model = sequential(layer)
    fine_tuned(model, keras)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    for old, kept, new in zip(
        weights, again.layers[0].weights, layer.weights, strict=True
    ):
        np.testing.assert_array_equal(kept.numpy(), new.numpy())
        assert (old != kept.numpy()).any()
    np.testing.assert_allclose(again(inputs), model(inputs), atol=1e-5)


def test_units_are_dropped_in_training_only(normalizing, images):
    model = keras.Sequential([keras.Input((32, 32, 3)), HubLayer(normalizing)])
    np.testing.assert_array_equal(model(images), model(images))
    first, second = (model(images, training=True).numpy() for _ in range(2))
    assert (first != second).any()


def test_what_is_frozen_later_neither_drops_units_nor_moves_averages(
    normalizing, images
):
    layer = HubLayer(normalizing)
    layer.trainable = False
    weights = [w.numpy() for w in layer.weights]
    still = layer(images, training=True), layer(images)
    np.testing.assert_array_equal(*still)
    for old, new in zip(weights, layer.weights, strict=True):
        np.testing.assert_array_equal(old, new.numpy())


def test_modules_of_others_are_trained_on(foreign, fine_tuned):
    layer = HubLayer(foreign)
    weights = [w.numpy() for w in layer.weights]
    before, after = fine_tuned(sequential(layer), keras)
    assert after < before
    for old, new in zip(weights, layer.weights, strict=True):
        assert (old != new.numpy()).any()


def without_loss(layer):
    """A model whose only loss is that of its layer, which is there twice."""
    inputs = keras.Input((32, 32, 3))
    nothing = keras.layers.subtract([layer(inputs), layer(inputs)])
    model = keras.Model(inputs, nothing)
    model.compile(keras.optimizers.SGD(0.01), "mse")
    return model


def test_fit_adds_the_regularization_losses_once(foreign, inputs):
    layer = HubLayer(foreign)
    kernel = max((w.numpy() for w in layer.weights), key=np.ndim)
    history = without_loss(layer).fit(inputs, np.zeros((4, 4)), verbose=0).history
    expected = DECAY * (kernel**2).sum()
    np.testing.assert_allclose(history["loss"], [expected], rtol=1e-4)


def test_what_is_frozen_has_no_regularization_losses(foreign, inputs):
    model = without_loss(HubLayer(foreign, trainable=False))
    assert model.evaluate(inputs, np.zeros((4, 4)), verbose=0) == 0


def test_a_module_without_trainable_variables_says_so_and_answers(bare, inputs):
    with pytest.warns(UserWarning, match="names no trainable variables, so none"):
        layer = HubLayer(bare)
    assert layer.weights == []
    expected = tf.saved_model.load(str(bare))(tf.constant(inputs))
    np.testing.assert_array_equal(layer(inputs), expected)


def test_only_the_head_on_a_module_that_names_no_variables_is_trained(bare, fine_tuned):
    model = sequential(HubLayer(bare, trainable=False), learns=True)
    before, after = fine_tuned(model, keras)
    assert after < before


def test_a_dictionary_passes_through(images, tmp_path):
    @tf.function(input_signature=[tf.TensorSpec([None, None, None, 3])])
    def call(images):
        return {"images": images, "mean": tf.reduce_mean(images)}

    module = tf.Module()
    module.__call__ = call
    tf.saved_model.save(module, str(tmp_path))
    inputs = keras.Input((32, 32, 3))
    model = keras.Model(inputs, HubLayer(tmp_path, trainable=False)(inputs))
    found = model(images)
    assert set(found) == {"images", "mean"}
    np.testing.assert_allclose(found["mean"], images.mean(), rtol=1e-5)


@pytest.fixture
def mixed_precision():
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    yield
    keras.config.set_dtype_policy(before)


def test_mixed_precision_leaves_the_module_its_own(foreign, inputs, mixed_precision):
    model = keras.Sequential([keras.layers.ReLU(), HubLayer(foreign)])
    assert model.layers[0](inputs).dtype == "float16"
    expected = tf.saved_model.load(str(foreign))(tf.constant(inputs))
    np.testing.assert_allclose(model(inputs), expected, atol=1e-2)


@pytest.fixture
def resolve(monkeypatch):
    """Gives a function that sets what `tensorflow_hub.resolve` does."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of imports that are not ours
        import tensorflow_hub

    return lambda function: monkeypatch.setattr(tensorflow_hub, "resolve", function)


def test_an_address_is_fetched_and_kept_as_it_is(foreign, resolve):
    address = "https://example.org/module/1"
    resolve({address: str(foreign)}.__getitem__)
    layer = HubLayer(address)
    config = layer.get_config()
    assert config["handle"] == address
    assert config["checksum"] == HubLayer(foreign).checksum
    again = HubLayer.from_config(config)
    assert len(again.weights) == len(layer.weights)


def test_an_address_of_a_file_system_is_opened(foreign, inputs):
    layer = HubLayer(foreign.as_uri())
    np.testing.assert_array_equal(layer(inputs), HubLayer(foreign)(inputs))


@pytest.mark.parametrize(
    "error", [OSError("no route"), tf.errors.UnavailableError(None, None, "no route")]
)
def test_an_address_that_gives_nothing_is_told(resolve, error):
    def fail(handle):
        raise error

    resolve(fail)
    match = r"^The TF-Hub module 'https://example.org/1' cannot be fetched \(no route"
    with pytest.raises(InputError, match=match):
        HubLayer("https://example.org/1")


def test_a_module_that_has_moved_is_told(bare, inputs, tmp_path):
    module = shutil.copytree(bare, tmp_path / "module")
    model = sequential(HubLayer(module, trainable=False), learns=True)
    model.save(tmp_path / "model.keras")
    expected = model(inputs)
    module.rename(tmp_path / "moved")
    with pytest.raises(TypeError, match="There is no TF-Hub module at .*put a link to"):
        keras.models.load_model(tmp_path / "model.keras")
    module.symlink_to(tmp_path / "moved")
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(again(inputs), expected, atol=1e-6)


def test_another_module_at_its_place_is_told(headless, bare):
    layer = HubLayer(headless)
    with pytest.raises(InputError, match="is another one than this layer was made"):
        HubLayer(bare, layer.checksum)


def test_a_saved_model_of_signatures_is_no_module(trained_of, tmp_path):
    save_for_serving(trained_of("batch_norm"), tmp_path / "1")
    with pytest.raises(InputError, match="with signatures only, not a TF-Hub module"):
        HubLayer(tmp_path / "1")


def test_a_module_that_is_not_whole_is_told(bare, tmp_path):
    graph = (bare / "saved_model.pb").read_bytes()
    (tmp_path / "saved_model.pb").write_bytes(graph)
    with pytest.raises(InputError, match="cannot be loaded .*; give a complete module"):
        HubLayer(tmp_path)


def test_another_backend_is_refused(normalizing, monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(InputError, match="KERAS_BACKEND=tensorflow. Received: jax"):
        HubLayer(normalizing)
