"""TF-Hub modules as layers of Keras 3."""

import hashlib
from pathlib import Path

import keras
import tensorflow as tf

from bit_keras.errors import InputError


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
