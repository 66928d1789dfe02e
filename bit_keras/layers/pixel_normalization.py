"""The first layer of every network: from pixels 0..255 to the network's own range."""

import keras
from keras import ops

from bit_keras.preprocessing import IMAGENET_DEVIATION, IMAGENET_MEAN

# (shift, scale) of pixels 0..255: (pixels - shift) / scale.
NORMALIZATIONS = {
    "symmetric": ((127.5,), (127.5,)),
    "unit": ((0.0,), (255.0,)),
    "imagenet": (IMAGENET_MEAN, IMAGENET_DEVIATION),
}


@keras.saving.register_keras_serializable(package="bit_keras")
class PixelNormalization(keras.layers.Layer):
    """Brings pixels 0..255 (uint8 or float, never clipped) to the network's range.

    Args:
        normalization: "symmetric" to [-1, 1] (BiT, ViT), "unit" to [0, 1] (SimCLR), or
            "imagenet" to the mean and deviation of ImageNet's channels; of images that
            have not three, to the averages of these.

    Call: inputs (batch, height, width, channels), 0..255 -> the same shape, float.

    Raises:
        ValueError: if the normalization is unknown.
    """

    def __init__(self, normalization="symmetric", **kwargs):
        # Keras would cast the pixels to the compute type first: bfloat16 has bits for
        # whole numbers up to 255, but resized pixels are fractions.
        super().__init__(autocast=False, **kwargs)
        if normalization not in NORMALIZATIONS:
            raise ValueError(
                f"`normalization` is one of {sorted(NORMALIZATIONS)}. "
                f"Received: {normalization!r}"
            )
        self.normalization = normalization

    def call(self, inputs):
        shift, scale = (
            values if len(values) == inputs.shape[-1] else (sum(values) / len(values),)
            for values in NORMALIZATIONS[self.normalization]
        )
        pixels = ops.cast(inputs, "float32")
        shift, scale = ops.array(shift, "float32"), ops.array(scale, "float32")
        return ops.cast((pixels - shift) / scale, self.compute_dtype)

    def compute_output_spec(self, inputs):
        return keras.KerasTensor(inputs.shape, dtype=self.compute_dtype)

    def get_config(self):
        return {**super().get_config(), "normalization": self.normalization}
