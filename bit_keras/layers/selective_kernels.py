"""Selective kernels: two streams of channels that are weighed against each other."""

import keras
from keras import ops


class _Streams(keras.layers.Layer):
    """What both layers share: the first half of the channels is one stream."""

    def compute_output_shape(self, input_shape):
        *sides, channels = input_shape
        return (*sides, channels // 2)


@keras.saving.register_keras_serializable(package="bit_keras")
class StreamSum(_Streams):
    """Adds two streams, and takes the mean over the image.

    Call: inputs (batch, height, width, 2 * channels) -> (batch, 1, 1, channels).

    Reference: tf2/resnet.py of github.com/google-research/simclr; Li et al. 2019,
        https://arxiv.org/abs/1903.06586.
    """

    def call(self, inputs):
        mean = ops.mean(inputs, axis=(1, 2), keepdims=True)
        first, second = ops.split(mean, 2, axis=-1)
        return first + second

    def compute_output_shape(self, input_shape):
        batch, _, _, channels = input_shape
        return (batch, 1, 1, channels // 2)


@keras.saving.register_keras_serializable(package="bit_keras")
class StreamChoice(_Streams):
    """Adds two streams, each channel with weights that sum to 1.

    Call: [streams (batch, height, width, 2 * channels), scores (batch, 1, 1,
        2 * channels)] -> (batch, height, width, channels).

    Reference: as `StreamSum`.
    """

    def call(self, inputs):
        streams, scores = inputs
        # Of two numbers the softmax is the sigmoid of their difference.
        first, second = ops.split(scores, 2, axis=-1)
        weight = ops.sigmoid(first - second)
        one, other = ops.split(streams, 2, axis=-1)
        return other + weight * (one - other)

    def compute_output_shape(self, input_shape):
        return super().compute_output_shape(input_shape[0])
