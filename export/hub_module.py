"""TF-Hub modules: written so that others can train them on, and loaded into Keras 3."""

import hashlib
from pathlib import Path

import keras
import tensorflow as tf

from bit_keras.errors import InputError
from bit_keras.models import endpoint
from export.folders import new_folder


def save_hub_module(trained, folder, head=True):
    """Writes a network as a reusable SavedModel, the interface of TF-Hub.

    `__call__(images, training=False)` takes images (batch, height, width, channels) as
    TF-Hub's image modules do, and as nothing else here does: float32 in 0..1. They may
    also be uint8 in 0..255. It gives logits (batch, classes) or, without the head,
    features (batch, features). `variables`, `trainable_variables` and
    `regularization_losses` let `hub.KerasLayer(folder, trainable=True)` train it on.

    Args:
        trained: `bit_keras.training.networks.Trained`.
        folder: path that is not there yet.
        head: write the head, too.

    Raises:
        InputError: if something is there, or it cannot be written.
    """
    network = trained.model if head else endpoint(trained.model, "pre_logits")
    channels = network.input_shape[-1]

    @tf.function
    def call(images, training=False):
        if images.dtype.is_floating:
            images = images * 255.0
        return network(images, training=training)

    for dtype in (tf.float32, tf.uint8):
        spec = tf.TensorSpec([None, None, None, channels], dtype)
        for training in (False, True):
            call.get_concrete_function(spec, training=training)
    module = tf.train.Checkpoint()  # of what is public, it takes these attributes
    module.__call__ = call
    module.variables = [variable.value for variable in network.variables]
    module.trainable_variables = [v.value for v in network.trainable_variables]
    module.regularization_losses = []
    with new_folder(folder) as partial:
        tf.saved_model.save(module, str(partial))


@keras.saving.register_keras_serializable(package="bit_keras")
class HubLayer(keras.layers.Layer):
    """A TF-Hub module as a layer of Keras 3, which `hub.KerasLayer` is not.

    Args:
        folder: path of a reusable SavedModel.
        checksum: of its graph, kept when a model is saved; a module at the same place
            that is another one is refused.
        **arguments: of `keras.layers.Layer`; `trainable=False` keeps the weights.

    Raises:
        InputError: if there is no module in the folder, or another one.
    """

    def __init__(self, folder, checksum=None, **arguments):
        super().__init__(**arguments)
        self.folder = str(folder)
        graph = Path(folder) / "saved_model.pb"
        if not graph.is_file():
            raise InputError(
                f"There is no TF-Hub module at '{folder}' (any more); put it back, or "
                "give the layer its new place."
            )
        self.checksum = hashlib.sha256(graph.read_bytes()).hexdigest()
        if checksum not in (None, self.checksum):
            raise InputError(
                f"The TF-Hub module at '{folder}' is another one than this layer was "
                "made with; put the former one back."
            )
        self.module = tf.saved_model.load(self.folder)
        if not callable(self.module):
            raise InputError(
                f"'{folder}' is a SavedModel with signatures only, not a TF-Hub module "
                "that can be called."
            )
        learned = {id(v) for v in self.module.trainable_variables}
        # They share their memory with the module's.
        self.module_weights = [
            keras.Variable(v, trainable=id(v) in learned, name=f"weight_{number}")
            for number, v in enumerate(self.module.variables)
        ]
        for weight in self.module_weights:  # which came after the layer's own flag
            weight.trainable = weight.trainable and self.trainable
        self.built = True

    def call(self, inputs, training=False):
        return self.module(inputs, training=bool(training))

    def get_config(self):
        return {
            **super().get_config(),
            "folder": self.folder,
            "checksum": self.checksum,
        }
