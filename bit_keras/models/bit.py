"""BiT: GroupNorm ResNet-v2 with weight standardisation (Kolesnikov et al. 2020)."""

import keras

from bit_keras.families.bit import FAMILY
from bit_keras.layers import GroupNormalization, PixelNormalization, StandardizedConv2D
from bit_keras.models.filling import built
from bit_keras.models.image_model import classifier


def _norm_relu(dtype, name):
    return GroupNormalization(activation="relu", dtype=dtype, name=name)


def _convolution(filters, kernel_size, strides, dtype, name):
    # The initial scale never matters to the outputs, only to the effective learning
    # rate; the original's is unpublished, so this is the usual one for ResNets.
    initializer = keras.initializers.VarianceScaling(2.0, "fan_out")
    return StandardizedConv2D(
        filters,
        kernel_size,
        strides,
        kernel_initializer=initializer,
        dtype=dtype,
        name=name,
    )


def _bottleneck_unit(x, mid, stride, *, project, dtype, prefix, name):
    """(batch, h, w, c) -> (batch, h / stride, w / stride, 4 * mid)."""
    shortcut = x
    x = _norm_relu(dtype, f"{prefix}_a_norm")(x)
    if project:
        shortcut = _convolution(4 * mid, 1, stride, dtype, f"{prefix}_a_proj")(x)
    x = _convolution(mid, 1, 1, dtype, f"{prefix}_a_conv")(x)
    x = _norm_relu(dtype, f"{prefix}_b_norm")(x)
    x = _convolution(mid, 3, stride, dtype, f"{prefix}_b_conv")(x)
    x = _norm_relu(dtype, f"{prefix}_c_norm")(x)
    x = _convolution(4 * mid, 1, 1, dtype, f"{prefix}_c_conv")(x)
    return keras.layers.Add(dtype=dtype, name=name or f"{prefix}_add")([x, shortcut])


def bit_network(spec, *, num_classes, channels, image_size, normalization, dtype, name):
    """Builds the network of a `BiTSpec`; takes images of any size. See `bit`."""
    inputs = keras.Input((None, None, channels), name="images")
    x = PixelNormalization(normalization, dtype=dtype, name="normalization")(inputs)
    x = _convolution(spec.root_channels, 7, 2, dtype, "root_conv")(x)
    x = keras.layers.ZeroPadding2D(
        1, data_format="channels_last", dtype=dtype, name="root_pad"
    )(x)
    x = keras.layers.MaxPooling2D(
        3, 2, data_format="channels_last", dtype=dtype, name="root"
    )(x)
    for stage, unit, in_channels, mid, stride in spec.units():
        last = unit == spec.depths[stage - 1]
        x = _bottleneck_unit(
            x,
            mid,
            stride,
            project=stride > 1 or in_channels != 4 * mid,
            dtype=dtype,
            prefix=f"block{stage}_unit{unit:02d}",
            name=f"stage{stage}" if last else None,
        )
    x = _norm_relu(dtype, "head_norm")(x)
    x = keras.layers.GlobalAveragePooling2D(
        data_format="channels_last", dtype="float32", name="pre_logits"
    )(x)
    return classifier(inputs, x, num_classes, name)


def bit(
    variant,
    *,
    num_classes=None,
    weights=None,
    channels=3,
    normalization=None,
    dtype=None,
    name=None,
):
    """Builds a BiT network as an ordinary `keras.Model`.

    Input: pixels 0..255, uint8 or float, (batch, height, width, channels) of any size.
    Output: float32 logits (batch, num_classes), or the pooled features
    (batch, 2048 * width) without `num_classes`. Layers `root`, `stage1`.. `stage4`,
    `pre_logits` and `logits` are endpoints: see `bit_keras.models.endpoint`.

    Args:
        variant: name in `BIT_VARIANTS` ("r50x1") or a `BiTSpec`.
        num_classes: int, or None for pooled features.
        weights: published name ("BiT-M-R50x1"), path of an official-layout npz, or
            None to start from scratch. Their head is kept where its class count is
            `num_classes`; else the head is zero. A printed line says which.
        channels: int. Channels of the images.
        normalization: see `bit_keras.layers.PixelNormalization`; "symmetric" by
            default.
        dtype: Keras dtype or policy ("mixed_bfloat16") of all layers but the head.
        name: str. Name of the model.

    Raises:
        InputError: if the variant is unknown or the weights do not fit.

    Reference: https://arxiv.org/abs/1912.11370; github.com/google-research/
        big_transfer, bit_tf2/models.py. Where public ports differ, the root's pooling
        pads with zeros, as the training code did.
    """
    return built(
        bit_network,
        FAMILY.spec(variant),
        family=FAMILY,
        weights=weights,
        num_classes=num_classes,
        channels=channels,
        image_size=None,
        normalization=normalization,
        dtype=dtype,
        name=name or "bit",
    )
