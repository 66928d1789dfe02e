"""A shortcut without parameters, for residual units that change the shape."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="bit_keras")
class ZeroPaddedShortcut(keras.layers.Layer):
    """Takes every so manieth row and column, and adds channels of zeros on both sides.

    Args:
        channels: int, of the outputs.
        stride: int.

    Call: inputs (batch, height, width, in_channels) ->
        (batch, ceil(height / stride), ceil(width / stride), channels).

    Reference: https://arxiv.org/abs/1512.03385, section 4.2, option A.
    """

    def __init__(self, channels, stride=1, **kwargs):
        super().__init__(**kwargs)
        self.channels = channels
        self.stride = stride

    def call(self, inputs):
        x = inputs[:, :: self.stride, :: self.stride]
        more = self.channels - inputs.shape[-1]
        return ops.pad(x, [(0, 0), (0, 0), (0, 0), (more // 2, more - more // 2)])

    def compute_output_shape(self, input_shape):
        batch, *sides, _ = input_shape
        sides = [None if n is None else -(-n // self.stride) for n in sides]
        return (batch, *sides, self.channels)

    def get_config(self):
        config = super().get_config()
        return {**config, "channels": self.channels, "stride": self.stride}
