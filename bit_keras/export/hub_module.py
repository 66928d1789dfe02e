"""TF-Hub modules that others can train on."""

import tensorflow as tf

from bit_keras.export.format import Format
from bit_keras.models import endpoint


def save_hub_module(trained, folder, head=True):
    """Writes a network as a reusable SavedModel, the interface of TF-Hub.

    `__call__(images, training=False)` takes images (batch, height, width, channels) as
    TF-Hub's image modules do, and as nothing else here does: float32 in 0..1. They may
    also be uint8 in 0..255. It gives logits (batch, classes) or, without the head,
    features (batch, features). `variables`, `trainable_variables` and
    `regularization_losses` let `hub.KerasLayer(folder, trainable=True)` train it on.

    Args:
        trained: `bit_keras.training.trained.Trained`.
        folder: a folder.
        head: write the head, too.
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

    @tf.function(input_signature=[])
    def penalty():
        return tf.add_n(network.losses)

    module.regularization_losses = [penalty] if network.losses else []
    tf.saved_model.save(module, str(folder))


def open_hub_module(folder):
    """Gives what `save_hub_module` wrote as a function from images to its outputs."""
    module = tf.saved_model.load(str(folder))
    return lambda images: module(tf.constant(images)).numpy()


FORMAT = Format(
    name="hub",
    kind="A TF-Hub module",
    save=save_hub_module,
    read=open_hub_module,
    output="logits",
    options=("head",),
)
