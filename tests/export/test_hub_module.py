import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf

from bit_keras.errors import InputError
from export import HubLayer, save_for_serving, save_hub_module

LABELS = np.array([0, 1, 2, 0])


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).integers(0, 256, (4, 32, 32, 3), "uint8")


@pytest.fixture(scope="module")
def folder(trained, tmp_path_factory):
    folder = tmp_path_factory.mktemp("hub") / "module"
    save_hub_module(trained, folder)
    return folder


@pytest.fixture(scope="module")
def headless(trained, tmp_path_factory):
    folder = tmp_path_factory.mktemp("hub") / "headless"
    save_hub_module(trained, folder, head=False)
    return folder


@pytest.mark.parametrize("training", [False, True])
def test_pixels_from_0_to_1_and_bytes_have_the_networks_answer(
    trained, folder, images, training
):
    module = tf.saved_model.load(str(folder))
    expected = trained.model(images)
    for given in (images, (images / 255.0).astype("float32")):
        found = module(tf.constant(given), training=training)
        np.testing.assert_allclose(found, expected, atol=1e-4)


def test_without_its_head_it_gives_features(trained, headless, images):
    features = tf.saved_model.load(str(headless))(tf.constant(images))
    head = trained.model.get_layer("logits")
    logits = features @ head.kernel.numpy() + head.bias.numpy()
    np.testing.assert_allclose(logits, trained.model(images), atol=1e-4)


def fine_tuned(model, kit, images):
    """Fits four images; gives the loss before and after."""
    loss = kit.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(kit.optimizers.SGD(0.01), loss)
    inputs = (images / 255).astype("float32")
    before = model.evaluate(inputs, LABELS, verbose=0)
    model.fit(inputs, LABELS, epochs=3, verbose=0)
    return before, model.evaluate(inputs, LABELS, verbose=0)


def test_a_layer_of_tf_keras_trains_it_on(headless, images):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of imports that are not ours
        import tensorflow_hub as hub
        import tf_keras

    layer = hub.KerasLayer(str(headless), trainable=True)
    weights = [w.numpy() for w in layer.trainable_weights]
    model = tf_keras.Sequential([layer, tf_keras.layers.Dense(3)])
    before, after = fine_tuned(model, tf_keras, images)
    assert after < before
    moved = [
        (a != b.numpy()).any()
        for a, b in zip(weights, layer.trainable_weights, strict=True)
    ]
    assert all(moved)


def sequential(layer):
    return keras.Sequential([keras.Input((32, 32, 3)), layer, keras.layers.Dense(3)])


def functional(layer):
    inputs = keras.Input((32, 32, 3))
    return keras.Model(inputs, keras.layers.Dense(3)(layer(inputs)))


@pytest.mark.parametrize("model_of", [sequential, functional])
def test_a_layer_of_keras_3_trains_it_on(headless, images, model_of):
    layer = HubLayer(headless)
    weights = [w.numpy() for w in layer.trainable_weights]
    before, after = fine_tuned(model_of(layer), keras, images)
    assert after < before
    for old, new in zip(weights, layer.trainable_weights, strict=True):
        assert (old != new.numpy()).any()
    inputs = tf.constant(images)
    np.testing.assert_allclose(layer(inputs), layer.module(inputs), atol=1e-6)


def test_a_layer_that_is_not_to_be_trained_stays(headless, images):
    layer = HubLayer(headless, trainable=False)
    assert layer.trainable_weights == []
    weights = [w.numpy() for w in layer.weights]
    fine_tuned(sequential(layer), keras, images)
    for old, new in zip(weights, layer.weights, strict=True):
        np.testing.assert_array_equal(old, new.numpy())


def test_a_saved_model_keeps_what_its_hub_layer_has_learned(headless, images, tmp_path):
    model = sequential(HubLayer(headless))
    fine_tuned(model, keras, images)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    inputs = (images / 255).astype("float32")
    np.testing.assert_allclose(again(inputs), model(inputs), atol=1e-5)


def test_a_module_that_has_moved_or_changed_is_told(headless, folder, tmp_path):
    layer = HubLayer(headless)
    with pytest.raises(InputError, match="There is no TF-Hub module at '.*nowhere'"):
        HubLayer(tmp_path / "nowhere", layer.checksum)
    with pytest.raises(InputError, match="is another one than this layer was made"):
        HubLayer(folder, layer.checksum)


def test_a_saved_model_of_signatures_is_no_module(trained, tmp_path):
    save_for_serving(trained, tmp_path / "1")
    with pytest.raises(InputError, match="with signatures only, not a TF-Hub module"):
        HubLayer(tmp_path / "1")
