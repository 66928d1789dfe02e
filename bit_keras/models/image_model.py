"""The `keras.Model` of every network: an ordinary one that knows its pixel range."""

import warnings

import keras
import numpy as np


@keras.saving.register_keras_serializable(package="bit_keras")
class ImageModel(keras.Model):
    """A functional `keras.Model` that warns once of pixels in the range 0..1.

    Networks take pixels 0..255 and normalise inside. Arrays given to a call, `fit`,
    `evaluate` or `predict` whose floats never exceed 1 were almost surely scaled
    before, which costs accuracy silently.
    """

    _warned = False

    def __call__(self, inputs, *args, **kwargs):
        self._check_range(inputs)
        return super().__call__(inputs, *args, **kwargs)

    def fit(self, x=None, *args, **kwargs):
        self._check_range(x)
        return super().fit(x, *args, **kwargs)

    def evaluate(self, x=None, *args, **kwargs):
        self._check_range(x)
        return super().evaluate(x, *args, **kwargs)

    def predict(self, x, *args, **kwargs):
        self._check_range(x)
        return super().predict(x, *args, **kwargs)

    def _check_range(self, images):
        if self._warned or not isinstance(images, np.ndarray) or not images.size:
            return
        if images.dtype.kind == "f" and images.max() <= 1:
            self._warned = True
            warnings.warn(
                f"The images never exceed {images.max():.3g}, but networks take pixels "
                "0..255 and normalise them inside: do not scale them before.",
                stacklevel=3,
            )


def classifier(inputs, features, num_classes, name, drawn=False):
    """Gives the network of some features: with a head, or without.

    Args:
        inputs: `keras.KerasTensor` of the images.
        features: float32 (batch, features).
        num_classes: int, or None for no head.
        name: str, of the model.
        drawn: the head begins with numbers drawn as torch does, from -1 to 1 over the
            root of the features; else it is zero.

    Returns:
        `ImageModel` to float32 logits (batch, num_classes), or to the features.
    """
    if num_classes is None:
        return ImageModel(inputs, features, name=name)
    limit = features.shape[-1] ** -0.5
    initializers = [
        keras.initializers.RandomUniform(-limit, limit) if drawn else "zeros"
        for _ in range(2)  # one alone would draw the same twice
    ]
    head = keras.layers.Dense(
        num_classes,
        kernel_initializer=initializers[0],
        bias_initializer=initializers[1],
        dtype="float32",
        name="logits",
    )
    return ImageModel(inputs, head(features), name=name)
