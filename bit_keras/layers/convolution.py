"""Convolutions that pad alike on every side, plain and weight-standardised."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="bit_keras")
class PaddedConv2D(keras.layers.Conv2D):
    """2D convolution, padded with zeros alike on every side.

    The input grows by `kernel_size - 1` in all, half of it on each side, whatever the
    stride. (Keras' "same" pads a strided convolution on the far side only, which
    shifts the features of pre-trained networks.)

    Args:
        filters: int. Number of output channels.
        kernel_size: int or pair of ints.
        strides: int or pair of ints.
        use_bias: bool. Whether a number is added to each filter.
        **kwargs: arguments of `keras.layers.Conv2D`, but for `padding`.

    Call: inputs (batch, height, width, in_channels) ->
        (batch, ceil(height / stride), ceil(width / stride), filters) for odd kernels.

    Raises:
        ValueError: if `padding` is given.

    Reference: github.com/google-research/big_transfer, bit_tf2/models.py.
    """

    def __init__(
        self, filters, kernel_size, strides=(1, 1), *, use_bias=False, **kwargs
    ):
        if "padding" in kwargs:
            raise ValueError(
                f"{type(self).__name__} always pads symmetrically and takes no "
                f"`padding`. Received: padding={kwargs['padding']!r}"
            )
        kwargs.setdefault("data_format", "channels_last")  # whatever keras.json says
        super().__init__(filters, kernel_size, strides, use_bias=use_bias, **kwargs)
        odd = all(k % 2 for k in self.kernel_size)
        if odd and self.strides == (1, 1):
            self.padding = "same"  # the same padding, without a pass over the pixels

    def convolution_op(self, inputs, kernel):
        return super().convolution_op(self._pad(inputs), kernel)

    def _pad(self, inputs):
        if self.padding == "same" or self.kernel_size == (1, 1):
            return inputs
        sides = [((k - 1) // 2, k // 2) for k in self.kernel_size]
        return ops.pad(inputs, [(0, 0), *sides, (0, 0)])

    def compute_output_shape(self, input_shape):
        if self.padding == "valid":
            batch, *size, channels = input_shape
            size = [
                None if n is None else n + k - 1
                for n, k in zip(size, self.kernel_size, strict=True)
            ]
            input_shape = (batch, *size, channels)
        return super().compute_output_shape(input_shape)

    def get_config(self):
        config = super().get_config()
        del config["padding"]
        return config


class _Standardized:
    """A convolution whose kernel is standardised before every use; to be inherited.

    A subclass says by `_inverse_deviation` what the filters are divided by.
    """

    def add_weight(self, *args, **kwargs):
        # Half precision would lose the small differences and the epsilon itself, so
        # mixed precision must not cast the kernel before it is standardised.
        return super().add_weight(*args, autocast=False, **kwargs)

    def standardized_kernel(self):
        """Gives the float32 kernel (height, width, in_channels, filters) in use."""
        kernel = ops.cast(self.kernel, "float32")
        flat = ops.reshape(kernel, (-1, self.filters))
        deviation = flat - _row_mean(flat)
        flat = deviation * self._inverse_deviation(_row_mean(ops.square(deviation)))
        return ops.reshape(flat, kernel.shape)

    def convolution_op(self, inputs, kernel):
        kernel = ops.cast(self.standardized_kernel(), inputs.dtype)
        return super().convolution_op(inputs, kernel)

    def get_config(self):
        return {
            **super().get_config(),
            "standardize_epsilon": self.standardize_epsilon,
        }


@keras.saving.register_keras_serializable(package="bit_keras")
class StandardizedConv2D(_Standardized, PaddedConv2D):
    """Padded 2D convolution whose kernel is standardised before every use.

    Each output filter is shifted to mean 0 and scaled to variance 1 (biased) over
    (height, width, in_channels), so the layer ignores any affine change of a filter.

    Args:
        filters, kernel_size, strides, **kwargs: see `PaddedConv2D`.
        standardize_epsilon: float. Added to the variance, inside the square root.

    Call: as `PaddedConv2D`.

    Reference: Qiao et al. 2019, https://arxiv.org/abs/1903.10520; epsilon as in
        github.com/google-research/big_transfer, bit_tf2/models.py.
    """

    def __init__(
        self,
        filters,
        kernel_size,
        strides=(1, 1),
        *,
        standardize_epsilon=1e-10,
        **kwargs,
    ):
        super().__init__(filters, kernel_size, strides, **kwargs)
        self.standardize_epsilon = standardize_epsilon

    def _inverse_deviation(self, variance):
        return ops.rsqrt(variance + self.standardize_epsilon)


@keras.saving.register_keras_serializable(package="bit_keras")
class SameStandardizedConv2D(_Standardized, keras.layers.Conv2D):
    """2D convolution of the hybrids of ViT, whose kernel is standardised, too.

    It differs from `StandardizedConv2D` in two ways: a strided one is padded on the
    far side first ("same"), and epsilon is added to the deviation, not the variance.

    Args:
        filters: int. Number of output channels.
        kernel_size: int or pair of ints.
        strides: int or pair of ints.
        standardize_epsilon: float. Added to the standard deviation.
        **kwargs: arguments of `keras.layers.Conv2D`.

    Call: inputs (batch, height, width, in_channels) ->
        (batch, ceil(height / stride), ceil(width / stride), filters).

    Reference: github.com/google-research/vision_transformer,
        vit_jax/models_resnet.py.
    """

    def __init__(
        self,
        filters,
        kernel_size,
        strides=(1, 1),
        *,
        standardize_epsilon=1e-5,
        **kwargs,
    ):
        defaults = {
            "data_format": "channels_last",  # whatever keras.json says
            "padding": "same",
            "use_bias": False,
        }
        super().__init__(filters, kernel_size, strides, **(defaults | kwargs))
        self.standardize_epsilon = standardize_epsilon

    def _inverse_deviation(self, variance):
        return 1 / (ops.sqrt(variance) + self.standardize_epsilon)


def _row_mean(matrix):
    # As a matrix product, a sum over rows is several times faster than `ops.mean`.
    # Dividing afterwards rounds once: the tiny epsilon makes much of a false deviation
    # where a filter is constant.
    rows = matrix.shape[0]
    return ops.matmul(ops.ones((1, rows), dtype=matrix.dtype), matrix) / rows
