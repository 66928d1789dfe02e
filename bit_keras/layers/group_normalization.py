"""Group normalisation, as a scale and shift of each channel."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="bit_keras")
class GroupNormalization(keras.layers.Layer):
    """Normalises each group of channels of each image to mean 0 and variance 1.

    Mean and squared deviations are taken per channel first and combined over the
    group, which leaves one scale and shift a channel to apply. No difference of large
    squares occurs, so the result is exact for inputs far from zero too. Statistics
    are float32 under every precision policy.

    Args:
        groups: int. Must divide the number of channels.
        epsilon: float. Added to the (biased) variance, inside the square root.
        activation: None, or "relu" to apply a ReLU in the same pass.
        gamma_initializer: of the scale; "zeros" for the last norm of a residual branch
            that begins as nothing.

    Call: inputs (batch, height, width, channels) -> the same shape.

    Raises:
        ValueError: if `groups` does not divide the channels.

    Reference: Wu and He 2018, https://arxiv.org/abs/1803.08494; epsilon as in
        github.com/google-research/big_transfer, bit_tf2/normalization.py.
    """

    def __init__(
        self,
        groups=32,
        *,
        epsilon=1e-5,
        activation=None,
        gamma_initializer="ones",
        **kwargs,
    ):
        super().__init__(**kwargs)
        if activation not in (None, "relu"):
            raise ValueError(f"`activation` is None or 'relu'. Received: {activation}")
        self.groups = groups
        self.epsilon = epsilon
        self.activation = activation
        self.gamma_initializer = gamma_initializer
        self.supports_masking = True

    def build(self, input_shape):
        channels = input_shape[-1]
        if channels is None or channels % self.groups:
            raise ValueError(
                f"`groups` must divide the number of channels. "
                f"Received: groups={self.groups}, input shape {tuple(input_shape)}"
            )
        # `autocast=False` keeps the variables float32 under mixed precision.
        self.gamma = self.add_weight(
            shape=(channels,),
            name="gamma",
            initializer=self.gamma_initializer,
            autocast=False,
        )
        self.beta = self.add_weight(
            shape=(channels,), name="beta", initializer="zeros", autocast=False
        )

    def call(self, inputs):
        x = ops.cast(inputs, "float32")
        # The product makes plain tensors of the variables, whose gradient this is.
        gamma, beta = (ops.cast(v * 1.0, "float32") for v in (self.gamma, self.beta))
        y = self._normalize(x, gamma, beta)
        if self.activation == "relu":
            y = ops.relu(y)
        return ops.cast(y, self.compute_dtype)

    def _normalize(self, x, gamma, beta):
        # Differentiated by hand: the automatic gradient goes over the pixels half as
        # often again, and these passes are bound by memory.
        @ops.custom_gradient
        def normalize(x, gamma, beta):
            mean = _pixel_mean(x)
            deviation = x - _spread(mean)
            group_mean = self._group_mean(mean)
            variance = _pixel_mean(ops.square(deviation))
            variance = self._group_mean(variance + ops.square(mean - group_mean))
            inverse = ops.rsqrt(variance + self.epsilon)
            offset = mean - group_mean
            scale = gamma * inverse
            y = deviation * _spread(scale) + _spread(beta + offset * scale)

            def gradient(*args, upstream=None):
                dy = args[0] if upstream is None else upstream
                mean_dy = _pixel_mean(dy)
                mean_dy_x = _pixel_mean(dy * deviation) + offset * mean_dy
                slope = -(inverse**3) * self._group_mean(gamma * mean_dy_x)
                level = slope * offset - inverse * self._group_mean(gamma * mean_dy)
                dx = dy * _spread(scale) + deviation * _spread(slope) + _spread(level)
                pixels = ops.cast(ops.shape(x)[1] * ops.shape(x)[2], x.dtype)
                dgamma = pixels * ops.sum(mean_dy_x * inverse, axis=0)
                return dx, dgamma, pixels * ops.sum(mean_dy, axis=0)

            return y, gradient

        return normalize(x, gamma, beta)

    def _group_mean(self, values):
        """Replaces each value of (batch, channels) by the mean of its group."""
        channels = values.shape[-1]
        size = channels // self.groups
        grouped = ops.reshape(values, (-1, self.groups, size))
        mean = ops.mean(grouped, axis=-1, keepdims=True)
        return ops.reshape(ops.tile(mean, (1, 1, size)), (-1, channels))

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {
            **super().get_config(),
            "groups": self.groups,
            "epsilon": self.epsilon,
            "activation": self.activation,
            "gamma_initializer": self.gamma_initializer,
        }


@keras.saving.register_keras_serializable(package="bit_keras")
class BFloat16GroupNormalization(GroupNormalization):
    """`GroupNormalization` of bfloat16 values, for prediction: fewer passes over them.

    Statistics are float32, and so are gamma, beta, scale and shift until they are
    applied in bfloat16. The variance is the difference of the mean square and the
    squared mean, which costs nothing here: where float32 would lose it, bfloat16 had
    lost it in the inputs before.

    Args:
        see `GroupNormalization`.

    Call: bfloat16 (batch, height, width, channels) -> the same shape and type.
    """

    def call(self, inputs):
        x = ops.cast(inputs, "float32")
        mean = _pooled(x)
        group_mean = self._group_mean(mean)
        square = self._group_mean(_pooled(ops.square(x)))
        variance = ops.maximum(square - ops.square(group_mean), 0.0)
        scale = self.gamma * ops.rsqrt(variance + self.epsilon)
        shift = self.beta - group_mean * scale
        scale, shift = (
            _spread(ops.cast(v, self.compute_dtype)) for v in (scale, shift)
        )
        y = inputs * scale + shift
        return ops.relu(y) if self.activation == "relu" else y


def _pooled(x):
    """Does what `_pixel_mean` does, faster where the size is known; not in training."""
    size = x.shape[1:3]
    if None in size:
        return _pixel_mean(x)
    # Without strides Keras takes those of the batch, too, on JAX.
    return ops.average_pool(x, size, strides=1, data_format="channels_last")[:, 0, 0]


def _pixel_mean(x):
    """Mean over height and width: (batch, height, width, c) -> (batch, c)."""
    # As a matrix product this is more than twice as fast as `ops.mean` on CPUs.
    batch, height, width, channels = ops.shape(x)
    pixels = ops.reshape(x, (batch, height * width, channels))
    weights = ops.ones((1, height * width), dtype=x.dtype)
    total = ops.matmul(weights, pixels)[:, 0, :]
    return total / ops.cast(height * width, x.dtype)


def _spread(values):
    """(batch, channels) -> (batch, 1, 1, channels)."""
    return values[:, None, None, :]
