"""The networks that every export is held to, and TF-Hub modules, others' too."""

import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf

from bit_keras.export import save_hub_module
from bit_keras.models import BiTSpec, ResNetSpec, ViTSpec, bit, resnet, vit
from bit_keras.preprocessing import Preprocessing
from bit_keras.training.trained import Trained

IMAGES = np.random.default_rng(0).integers(0, 256, (4, 32, 32, 3), "uint8")


def batch_norm():
    """A network that differs in training: it drops units and moves averages."""
    inputs = keras.Input((None, None, 3))
    x = keras.layers.Rescaling(1 / 127.5, -1)(inputs)
    x = keras.layers.Conv2D(8, 3, 2, use_bias=False, kernel_regularizer="l2")(x)
    x = keras.layers.BatchNormalization()(x)
    x = keras.layers.ReLU()(x)
    x = keras.layers.GlobalAveragePooling2D(name="pre_logits")(x)
    x = keras.layers.Dropout(0.5)(x)
    outputs = keras.layers.Dense(3, name="logits")(x)
    return keras.Model(inputs, outputs, name="batch_norm")


def settled_resnet():
    """A ResNet as after some training: with statistics of images, and no idle unit."""
    network = resnet(ResNetSpec((1, 1), "basic", 0.25, stem="cifar"), num_classes=3)
    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.gamma.assign(np.ones(layer.gamma.shape))
    for _ in range(50):
        network(IMAGES, training=True)
    return network


# Family -> function that gives a small network of three classes.
NETWORKS = {
    "bit": lambda: bit(BiTSpec((1, 1), 0.5), num_classes=3),
    "vit": lambda: vit(
        ViTSpec(32, 2, 4, 64, 8, classifier="gap"), num_classes=3, image_size=32
    ),
    "resnet": settled_resnet,
    "batch_norm": batch_norm,
}


@pytest.fixture(scope="session")
def trained_of():
    """Gives a function: family, loss, multi_label -> `Trained`.

    Its head has random weights.
    """

    def make(family, loss="softmax", multi_label=False):
        keras.utils.set_random_seed(0)
        network = NETWORKS[family]()
        head = network.get_layer("logits")
        random = np.random.default_rng(0).normal(0, 0.1, head.kernel.shape)
        head.kernel.assign(random)
        names = ("cat", "dog", "größer")
        square = Preprocessing(crop=32)
        return Trained(network, names, square, "test", loss, multi_label)

    return make


@pytest.fixture(scope="module", params=NETWORKS)
def trained(request, trained_of):
    return trained_of(request.param)


@pytest.fixture(scope="session")
def images():
    return IMAGES


@pytest.fixture(scope="module")
def headless(trained, tmp_path_factory):
    """A TF-Hub module of each family that gives features."""
    folder = tmp_path_factory.mktemp("hub") / "headless"
    save_hub_module(trained, folder, head=False)
    return folder


@pytest.fixture(scope="session")
def normalizing(trained_of, tmp_path_factory):
    """A TF-Hub module with batch normalization and dropout that gives logits."""
    folder = tmp_path_factory.mktemp("hub") / "normalizing"
    save_hub_module(trained_of("batch_norm"), folder)
    return folder


@pytest.fixture(scope="session")
def fine_tuned(images):
    """Gives a function that fits four images; it gives the loss before and after.

    (model, keras or tf_keras) -> two numbers.
    """

    def fit(model, kit):
        loss = kit.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(kit.optimizers.SGD(0.01), loss)
        inputs, labels = (images / 255).astype("float32"), np.array([0, 1, 2, 0])
        before = model.evaluate(inputs, labels, verbose=0)
        model.fit(inputs, labels, epochs=3, verbose=0)
        return before, model.evaluate(inputs, labels, verbose=0)

    return fit


class Bare(tf.Module):
    """A module with nothing but `__call__`, which takes no `training`."""

    def __init__(self):
        super().__init__()
        self.kernel = tf.Variable(tf.random.stateless_normal([3, 4], [0, 1]))

    @tf.function(input_signature=[tf.TensorSpec([None, None, None, 3])])
    def __call__(self, images):
        return tf.reduce_mean(images, [1, 2]) @ self.kernel


class Listed(Bare):
    """One with the whole interface, as the BiT modules have it."""

    variables = trainable_variables = None  # properties, else

    def __init__(self):
        super().__init__()
        self.variables = self.trainable_variables = [self.kernel]
        self.regularization_losses = [self.decay]

    @tf.function(input_signature=[])
    def decay(self):
        return 0.01 * tf.reduce_sum(self.kernel**2)


def listed(folder):
    tf.saved_model.save(Listed(), str(folder))


def of_tf_keras(folder):
    """A SavedModel that Keras 2 has written."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of imports that are not ours
        import tf_keras

    penalty = tf_keras.regularizers.L2(0.01)
    layers = [
        tf_keras.layers.Input((None, None, 3)),
        tf_keras.layers.Conv2D(4, 3, use_bias=False, kernel_regularizer=penalty),
        tf_keras.layers.BatchNormalization(),
        tf_keras.layers.GlobalAveragePooling2D(),
    ]
    tf_keras.Sequential(layers).save(folder, save_format="tf")


@pytest.fixture(scope="module", params=[listed, of_tf_keras])
def foreign(request, tmp_path_factory):
    """TF-Hub modules that others have written, with a decay of 0.01."""
    folder = tmp_path_factory.mktemp("foreign") / "module"
    request.param(folder)
    return folder


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """A TF-Hub module of which nothing is known but how to call it."""
    folder = tmp_path_factory.mktemp("foreign") / "bare"
    tf.saved_model.save(Bare(), str(folder))
    return folder


@pytest.fixture(scope="session")
def colours():
    """Images of very different colours, so that the answers differ."""
    generator = np.random.default_rng(0)
    colours = generator.integers(0, 256, (8, 1, 1, 3))
    return (colours * generator.random((8, 32, 32, 3))).astype("uint8")


@pytest.fixture
def expected(trained, colours):
    """Probabilities of the network as it is in training, not prepared in any way."""
    return tf.nn.softmax(trained.model(colours)).numpy()
