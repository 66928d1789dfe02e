"""ResNet v1.5 with BatchNorm, of "ResNet strikes back" and of SimCLR."""

import keras

from bit_keras.errors import InputError
from bit_keras.families.resnet import FAMILY
from bit_keras.layers import (
    GroupNormalization,
    PaddedConv2D,
    PaddedMaxPooling2D,
    PixelNormalization,
    StandardizedConv2D,
    StochasticDepth,
    StreamChoice,
    StreamSum,
    ZeroPaddedShortcut,
)
from bit_keras.models.filling import built
from bit_keras.models.image_model import classifier

# He's, as torch draws it; and the default of TensorFlow's variance scaling.
INITIALIZERS = {
    "fan_out": ("fan_out", 2.0, "untruncated_normal"),
    "fan_in": ("fan_in", 1.0, "truncated_normal"),
}


class _Builder:
    """Adds layers of a `ResNetSpec` to a `keras.KerasTensor`.

    Args:
        spec: `ResNetSpec`.
        dtype: Keras dtype or policy.
    """

    def __init__(self, spec, dtype):
        self.spec = spec
        self.dtype = dtype
        self.units = list(spec.units())

    def layer(self, kind, *arguments, name, **more):
        if issubclass(kind, keras.layers.AveragePooling2D | keras.layers.MaxPooling2D):
            more["data_format"] = "channels_last"  # whatever keras.json says
        return kind(*arguments, dtype=self.dtype, name=name, **more)

    def convolution(self, x, filters, side, stride, name):
        kind = StandardizedConv2D if self.spec.standardized else PaddedConv2D
        mode, scale, distribution = INITIALIZERS[self.spec.initializer]
        initializer = keras.initializers.VarianceScaling(scale, mode, distribution)
        layer = self.layer(
            kind, filters, side, stride, kernel_initializer=initializer, name=name
        )
        return layer(x)

    def norm(self, x, name, activation="relu", gamma="ones"):
        if self.spec.norm == "group":
            x = self.layer(GroupNormalization, gamma_initializer=gamma, name=name)(x)
        else:
            layer = self.layer(
                keras.layers.BatchNormalization,
                momentum=0.9,
                epsilon=1e-5,
                gamma_initializer=gamma,
                synchronized=self.spec.synchronized_batch_norm,
                name=name,
            )
            x = layer(x)
        return self.relu(x, f"{name}_relu") if activation else x

    def relu(self, x, name):
        return self.layer(keras.layers.ReLU, name=name)(x)

    def stem(self, x):
        """(batch, h, w, channels) -> (batch, h / 4, w / 4, root_channels).

        That of CIFAR keeps height and width.
        """
        root = self.spec.root_channels
        if self.spec.stem == "cifar":
            x = self.convolution(x, root, 3, 1, "root_conv")
            x = self.norm(x, "root_norm", activation=None)
            return self.relu(x, "root")
        if self.spec.stem == "deep":
            for number, stride in ((1, 2), (2, 1)):
                x = self.convolution(x, root // 2, 3, stride, f"root_conv{number}")
                x = self.norm(x, f"root_norm{number}")
            x = self.convolution(x, root, 3, 1, "root_conv")
        else:
            x = self.convolution(x, root, 7, 2, "root_conv")
        x = self.norm(x, "root_norm")
        if self.spec.pool == "symmetric":
            return self.layer(PaddedMaxPooling2D, name="root")(x)
        pool = keras.layers.MaxPooling2D
        return self.layer(pool, 3, 2, padding="same", name="root")(x)

    def unit(self, x, unit):
        """(batch, h, w, inputs) -> (batch, h / stride, w / stride, outputs)."""
        name = f"stage{unit.stage}_unit{unit.number:02d}"
        shortcut = self.shortcut(x, unit, f"{name}_shortcut")
        branch = self.basic if self.spec.block == "basic" else self.bottleneck
        x = branch(x, unit, name)
        rate = self.spec.stochastic_depth * unit.index / max(1, len(self.units) - 1)
        if rate:
            x = self.layer(StochasticDepth, rate, name=f"{name}_drop")(x)
        x = self.layer(keras.layers.Add, name=f"{name}_add")([x, shortcut])
        return self.relu(x, f"stage{unit.stage}" if unit.last else f"{name}_relu")

    def basic(self, x, unit, name):
        x = self.convolution(x, unit.mid, 3, unit.stride, f"{name}_conv1")
        x = self.norm(x, f"{name}_norm1")
        x = self.convolution(x, unit.mid, 3, 1, f"{name}_conv2")
        return self.norm(x, f"{name}_norm2", activation=None, gamma="zeros")

    def bottleneck(self, x, unit, name):
        x = self.convolution(x, unit.mid, 1, 1, f"{name}_conv1")
        x = self.norm(x, f"{name}_norm1")
        streams = 2 if self.spec.sk_ratio else 1
        x = self.convolution(x, streams * unit.mid, 3, unit.stride, f"{name}_conv2")
        x = self.norm(x, f"{name}_norm2")
        if self.spec.sk_ratio:
            x = self.choice(x, unit.mid, f"{name}_streams")
        x = self.convolution(x, unit.outputs, 1, 1, f"{name}_conv3")
        return self.norm(x, f"{name}_norm3", activation=None, gamma="zeros")

    def choice(self, streams, mid, name):
        """(batch, h, w, 2 * mid) -> (batch, h, w, mid)."""
        x = self.layer(StreamSum, name=f"{name}_sum")(streams)
        x = self.convolution(x, self.spec.mixed(mid), 1, 1, f"{name}_conv1")
        x = self.norm(x, f"{name}_norm")
        x = self.convolution(x, 2 * mid, 1, 1, f"{name}_conv2")
        return self.layer(StreamChoice, name=f"{name}_choice")([streams, x])

    def shortcut(self, x, unit, name):
        if unit.projects:
            stride = unit.stride
            if self.spec.average_shortcut:
                x, stride = self.average(x, unit.stride, name), 1
            x = self.convolution(x, unit.outputs, 1, stride, f"{name}_conv")
            return self.norm(x, f"{name}_norm", activation=None)
        if self.spec.shortcut == "padded" and unit.inputs != unit.outputs:
            layer = self.layer(ZeroPaddedShortcut, unit.outputs, unit.stride, name=name)
            return layer(x)
        return x

    def average(self, x, stride, name):
        """Means over 2 x 2; what lies beyond the border counts where SimCLR's does."""
        mean, padding = keras.layers.AveragePooling2D, "same"
        if self.spec.pool == "symmetric" and stride == 1:
            return x
        if self.spec.pool == "same" and stride > 1:
            pad, padding = keras.layers.ZeroPadding2D, "valid"
            around = ((0, 1), (0, 1))
            x = self.layer(pad, around, name=f"{name}_pad")(x)
        name = f"{name}_mean"
        return self.layer(mean, 2, stride, padding=padding, name=name)(x)


def resnet_network(
    spec, *, num_classes, channels, image_size, normalization, dtype, name
):
    """Builds the network of a `ResNetSpec`; takes images of any size. See `resnet`."""
    if spec.synchronized_batch_norm and keras.config.backend() != "tensorflow":
        raise InputError(
            "Batch normalisation is synchronized over devices with TensorFlow alone. "
            f"Received: KERAS_BACKEND={keras.config.backend()}"
        )
    builder = _Builder(spec, dtype)
    inputs = keras.Input((None, None, channels), name="images")
    x = PixelNormalization(normalization, dtype=dtype, name="normalization")(inputs)
    x = builder.stem(x)
    for unit in builder.units:
        x = builder.unit(x, unit)
    x = keras.layers.GlobalAveragePooling2D(
        data_format="channels_last", dtype="float32", name="pre_logits"
    )(x)
    # LAMB would hardly move a head of zeros: its first steps go by its length.
    return classifier(inputs, x, num_classes, name, drawn=True)


def resnet(
    variant,
    *,
    num_classes=None,
    weights=None,
    channels=3,
    normalization=None,
    dtype=None,
    name=None,
):
    """Builds a ResNet v1.5 as an ordinary `keras.Model`.

    Input: pixels 0..255, uint8 or float, (batch, height, width, channels) of any size.
    Output: float32 logits (batch, num_classes), or the pooled features
    (batch, features) without `num_classes`. Layers `root`, `stage1`.. `stage4`,
    `pre_logits` and `logits` are endpoints: see `bit_keras.models.endpoint`.

    Args:
        variant: name in `RESNET_VARIANTS` ("r50") or a `ResNetSpec`.
        num_classes: int, or None for pooled features.
        weights: published name ("timm/resnet50.a1_in1k"), path of a state dictionary
            with timm's names (.safetensors, .npz; .pth where torch is installed), or
            None to start from scratch. Their head is kept where its class count is
            `num_classes`; else the head is zero. A printed line says which.
        channels: int. Channels of the images.
        normalization: see `bit_keras.layers.PixelNormalization`; that of the weights or
            of the spec by default.
        dtype: Keras dtype or policy ("mixed_bfloat16") of all layers but the head.
        name: str. Name of the model.

    Raises:
        InputError: if the variant is unknown, the weights do not fit, or batch
            normalisation is to be synchronized without TensorFlow.

    Reference: see `ResNetSpec`. From scratch the last norm of every unit scales by 0,
        and the head is drawn as in timm.
    """
    return built(
        resnet_network,
        FAMILY.spec(variant),
        family=FAMILY,
        weights=weights,
        num_classes=num_classes,
        channels=channels,
        image_size=None,
        normalization=normalization,
        dtype=dtype,
        name=name or "resnet",
    )
