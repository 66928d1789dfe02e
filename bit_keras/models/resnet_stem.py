"""The ResNet in front of a hybrid of ViT: post-activation, standardised, GroupNorm."""

import keras

from bit_keras.layers import GroupNormalization, SameStandardizedConv2D


def resnet_stem(x, stem, dtype):
    """Adds the layers of a stem.

    Args:
        x: `keras.KerasTensor` (batch, height, width, channels).
        stem: `bit_keras.families.bottlenecks.ResNetStem`.
        dtype: Keras dtype or policy.

    Returns:
        `keras.KerasTensor` (batch, height / stride, width / stride, channels), sides
        counted upwards.

    Reference: vit_jax/models_resnet.py of google-research/vision_transformer.
    """

    def convolution(x, filters, size, stride, name):
        layer = SameStandardizedConv2D(
            filters,
            size,
            stride,
            kernel_initializer="lecun_normal",
            dtype=dtype,
            name=name,
        )
        return layer(x)

    def norm(x, name, activation=None, gamma="ones"):
        layer = GroupNormalization(
            epsilon=1e-6,
            activation=activation,
            gamma_initializer=gamma,
            dtype=dtype,
            name=name,
        )
        return layer(x)

    x = convolution(x, stem.root_channels, 7, 2, "root_conv")
    x = norm(x, "root_norm", "relu")
    x = keras.layers.MaxPooling2D(
        3, 2, padding="same", data_format="channels_last", dtype=dtype, name="root"
    )(x)
    for stage, unit, inputs, mid, stride in stem.units():
        name, shortcut = f"stem{stage}_unit{unit:02d}", x
        if stride > 1 or inputs != 4 * mid:
            shortcut = convolution(x, 4 * mid, 1, stride, f"{name}_proj")
            shortcut = norm(shortcut, f"{name}_proj_norm")
        y = norm(convolution(x, mid, 1, 1, f"{name}_conv1"), f"{name}_norm1", "relu")
        y = convolution(y, mid, 3, stride, f"{name}_conv2")
        y = norm(y, f"{name}_norm2", "relu")
        y = convolution(y, 4 * mid, 1, 1, f"{name}_conv3")
        y = norm(y, f"{name}_norm3", gamma="zeros")
        x = keras.layers.Add(dtype=dtype, name=f"{name}_add")([y, shortcut])
        last = unit == stem.depths[stage - 1]
        end = f"stage{stage}" if last else f"{name}_relu"
        x = keras.layers.ReLU(dtype=dtype, name=end)(x)
    return x
