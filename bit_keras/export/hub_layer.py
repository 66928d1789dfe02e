"""TF-Hub modules as layers of Keras 3."""

import hashlib
import inspect
import os
import warnings

import keras
import tensorflow as tf

from bit_keras.errors import InputError
from bit_keras.export.names import require_no_pattern


@keras.saving.register_keras_serializable(package="bit_keras")
class HubLayer(keras.layers.Layer):
    """A TF-Hub module as a layer of Keras 3, which `hub.KerasLayer` is not.

    Any reusable SavedModel will do (https://www.tensorflow.org/hub/reusable_saved_models),
    one that tf_keras has saved, too. Of what it may leave out, missing
    `trainable_variables`, `variables` and `regularization_losses` count as empty, and
    `training` is passed where it is taken: False unless the layer is trainable.

    Args:
        handle: path of a folder, or an address that `tensorflow_hub.resolve` knows,
            "https://tfhub.dev/google/bit/m-r50x1/1" say.
        checksum: of its graph, kept when a model is saved; a module at the same place
            that is another one is refused.
        dtype: that inputs of floats are cast to; the module's own types are fixed, so
            this is not Keras's policy.
        **arguments: of `keras.layers.Layer`; `trainable=False` keeps the weights.

    Raises:
        InputError: if there is no module at the handle, another one, or one that cannot
            be fetched, loaded or called; or if Keras does not run on TensorFlow.
    """

    def __init__(self, handle, checksum=None, dtype="float32", **arguments):
        if keras.backend.backend() != "tensorflow":
            raise InputError(
                "A TF-Hub module runs in Keras on TensorFlow only: set KERAS_BACKEND="
                f"tensorflow. Received: {keras.backend.backend()}"
            )
        super().__init__(dtype=dtype, **arguments)
        self.handle = str(handle)
        folder = _folder_of(self.handle)
        self.checksum = _checksum_of(folder, self.handle)
        if checksum not in (None, self.checksum):
            raise InputError(
                f"The TF-Hub module at '{handle}' is another one than this layer was "
                "made with; put the former one back."
            )
        self.module = _load(folder, self.handle)
        taken = inspect.signature(self.module.__call__).parameters
        self.takes_training = "training" in taken
        self._share_variables()
        self.built = True

    def _share_variables(self):
        """Makes weights that share their memory with the module's variables."""
        learned = list(getattr(self.module, "trainable_variables", []))
        ids = {id(variable) for variable in learned}
        others = getattr(self.module, "variables", [])
        variables = learned + [v for v in others if id(v) not in ids]
        self.module_weights = [
            keras.Variable(v, trainable=id(v) in ids, name=f"weight_{number}")
            for number, v in enumerate(variables)
        ]
        for weight in self.module_weights:  # which came after the layer's own flag
            weight.trainable = weight.trainable and self.trainable
        if self.trainable and not learned:
            warnings.warn(
                f"The TF-Hub module at '{self.handle}' names no trainable variables, "
                "so none are trained; give trainable=False if that is right.",
                stacklevel=3,
            )

    def call(self, inputs, training=False):
        if self.trainable and not self.losses:  # once, even where the layer is shared
            for loss in getattr(self.module, "regularization_losses", []):
                self.add_loss(loss())
        if self.takes_training:
            return self.module(inputs, training=bool(training) and self.trainable)
        return self.module(inputs)

    def get_config(self):
        return {
            **super().get_config(),
            "handle": self.handle,
            "checksum": self.checksum,
        }


def _folder_of(handle):
    """Gives the folder of a module, which is fetched if the handle is an address."""
    if "://" not in handle or os.path.isdir(handle):
        return handle
    import tensorflow_hub  # takes seconds, and modules in folders do without

    try:
        return tensorflow_hub.resolve(handle)
    except (OSError, RuntimeError, ValueError, tf.errors.OpError) as error:
        raise InputError(
            f"The TF-Hub module '{handle}' cannot be fetched ({_first_line(error)}); "
            "try again, or give the path of a folder that has it."
        ) from error


def _checksum_of(folder, handle):
    graph = os.path.join(folder, "saved_model.pb")
    if not tf.io.gfile.exists(graph):
        raise InputError(
            f"There is no TF-Hub module at '{handle}' (any more); put it back, or put "
            "a link to its new place there."
        )
    with tf.io.gfile.GFile(graph, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def _load(folder, handle):
    require_no_pattern(folder)
    try:
        module = tf.saved_model.load(folder)
    except (OSError, ValueError, tf.errors.OpError) as error:
        raise InputError(
            f"The TF-Hub module at '{handle}' cannot be loaded "
            f"({_first_line(error)}); give a complete module of TensorFlow 2."
        ) from error
    if not callable(module):
        raise InputError(
            f"'{handle}' is a SavedModel with signatures only, not a TF-Hub module "
            "that can be called; give one in the format of TensorFlow 2."
        )
    return module


def _first_line(error):
    return str(error).partition("\n")[0]
