"""The activation of ViT."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="bit_keras")
def tanh_gelu(x):
    """GELU in the approximation by tanh, with which the public weights were trained."""
    return ops.gelu(x, approximate=True)
