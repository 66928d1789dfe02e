import warnings

import numpy as np
import pytest
import tensorflow as tf

from bit_keras.export import save_hub_module


@pytest.fixture(scope="module")
def folder(trained, tmp_path_factory):
    folder = tmp_path_factory.mktemp("hub") / "module"
    save_hub_module(trained, folder)
    return folder


@pytest.fixture(scope="module")
def hub():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of imports that are not ours
        import tensorflow_hub
    return tensorflow_hub


@pytest.fixture(scope="module")
def tf_keras(hub):
    import tf_keras

    return tf_keras


def test_pixels_from_0_to_1_and_bytes_have_the_networks_answer(trained, folder, images):
    module = tf.saved_model.load(str(folder))
    expected = trained.model(images)
    for given in (images, (images / 255.0).astype("float32")):
        found = module(tf.constant(given))
        np.testing.assert_allclose(found, expected, atol=1e-4)


def test_in_training_it_drops_units_and_moves_averages(normalizing, images):
    module = tf.saved_model.load(str(normalizing))
    inputs = tf.constant(images)
    state = [v.numpy() for v in module.variables]
    still = module(inputs), module(inputs, training=False)
    np.testing.assert_array_equal(*still)
    for old, variable in zip(state, module.variables, strict=True):
        np.testing.assert_array_equal(old, variable.numpy())
    first, second = (module(inputs, training=True).numpy() for _ in range(2))
    assert (first != second).any()
    learned = {id(v) for v in module.trainable_variables}
    for old, variable in zip(state, module.variables, strict=True):
        assert (old != variable.numpy()).any() == (id(variable) not in learned)


def test_without_its_head_it_gives_features(trained, headless, images):
    features = tf.saved_model.load(str(headless))(tf.constant(images))
    head = trained.model.get_layer("logits")
    logits = features @ head.kernel.numpy() + head.bias.numpy()
    np.testing.assert_allclose(logits, trained.model(images), atol=1e-4)


def test_a_layer_of_tf_keras_trains_it_on(headless, fine_tuned, hub, tf_keras):
    layer = hub.KerasLayer(str(headless), trainable=True)
    weights = [w.numpy() for w in layer.weights]
    # The head learns nothing, so that only the module can lower the loss.
    model = tf_keras.Sequential([layer, tf_keras.layers.Dense(3, trainable=False)])
    before, after = fine_tuned(model, tf_keras)
    assert after < before
    for old, new in zip(weights, layer.weights, strict=True):
        assert (old != new.numpy()).any()


def test_a_layer_of_tf_keras_tells_it_when_it_trains(
    normalizing, images, hub, tf_keras
):
    layer = hub.KerasLayer(str(normalizing), trainable=True)
    model = tf_keras.Sequential([layer])
    inputs = tf.constant(images)
    np.testing.assert_array_equal(model(inputs), model(inputs))
    first, second = (model(inputs, training=True).numpy() for _ in range(2))
    assert (first != second).any()


def test_penalties_of_the_network_go_along(trained_of, normalizing):
    module = tf.saved_model.load(str(normalizing))
    (penalty,) = module.regularization_losses
    kernel = next(w for w in trained_of("batch_norm").model.weights if w.ndim == 4)
    np.testing.assert_allclose(penalty(), 0.01 * np.sum(kernel.numpy() ** 2), rtol=1e-5)
