"""Max-pooling that pads alike on every side."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="bit_keras")
class PaddedMaxPooling2D(keras.layers.Layer):
    """Largest values of 3 x 3 positions, at every second one.

    One row or column is added on each side, which is never the largest. (Keras' "same"
    adds it to sides of an even length at their end alone.)

    Call: inputs (batch, height, width, channels) ->
        (batch, ceil(height / 2), ceil(width / 2), channels).

    Reference: timm/models/resnet.py of github.com/huggingface/pytorch-image-models.
    """

    def call(self, inputs):
        around = [(0, 0), (1, 1), (1, 1), (0, 0)]
        padded = ops.pad(inputs, around, constant_values=float("-inf"))
        return ops.max_pool(padded, 3, 2, data_format="channels_last")

    def compute_output_shape(self, input_shape):
        batch, *sides, channels = input_shape
        halves = [None if side is None else (side + 1) // 2 for side in sides]
        return (batch, *halves, channels)
