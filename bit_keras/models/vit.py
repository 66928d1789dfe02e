"""ViT and its hybrids (Dosovitskiy et al. 2021)."""

import dataclasses

import keras

from bit_keras.families.vit import FAMILY
from bit_keras.layers import (
    Attention,
    ClassToken,
    Dropout,
    FirstToken,
    PixelNormalization,
    PositionEmbedding,
    Probe,
    StochasticDepth,
    tanh_gelu,
)
from bit_keras.models.filling import built
from bit_keras.models.image_model import classifier
from bit_keras.models.resnet_stem import resnet_stem


class _Builder:
    """Layers of a network of one spec and one precision.

    Args:
        spec: `ViTSpec`.
        dtype: Keras dtype or policy.
    """

    def __init__(self, spec, dtype):
        self.spec, self.dtype = spec, dtype

    def norm(self, x, name):
        layer = keras.layers.LayerNormalization(
            epsilon=1e-6, dtype=self.dtype, name=name
        )
        return layer(x)

    def _dense(self, x, units, name, activation=None, **options):
        layer = keras.layers.Dense(
            units, activation=activation, dtype=self.dtype, name=name, **options
        )
        return layer(x)

    def _dropped(self, x, name):
        rate = self.spec.dropout
        return Dropout(rate, dtype=self.dtype, name=name)(x) if rate else x

    def _attention(self, queries, tokens, name):
        """(batch, q, hidden) and (batch, count, hidden) -> (batch, q, hidden)."""
        hidden, spec = self.spec.hidden, self.spec
        mixed = Attention(
            spec.heads,
            dropout=spec.attention_dropout,
            dtype=self.dtype,
            name=f"{name}_attention",
        )(
            [
                self._dense(queries, hidden, f"{name}_query"),
                self._dense(tokens, hidden, f"{name}_key"),
                self._dense(tokens, hidden, f"{name}_value"),
            ]
        )
        return self._dense(mixed, hidden, f"{name}_out")

    def _mlp(self, x, name):
        """(batch, count, hidden) -> the same shape."""
        small = {"bias_initializer": keras.initializers.RandomNormal(stddev=1e-6)}
        x = self._dense(x, self.spec.mlp, f"{name}_mlp1", tanh_gelu, **small)
        x = self._dropped(x, f"{name}_mlp1_dropout")
        return self._dense(x, self.spec.hidden, f"{name}_mlp2", **small)

    def _residual(self, x, branch, name, rate=0.0, end=None):
        branch = self._dropped(branch, f"{name}_dropout")
        if rate:
            branch = StochasticDepth(rate, dtype=self.dtype, name=f"{name}_depth")(
                branch
            )
        return keras.layers.Add(dtype=self.dtype, name=end or f"{name}_add")(
            [x, branch]
        )

    def block(self, x, number):
        """(batch, count, hidden) -> the same shape."""
        spec, name = self.spec, f"block{number}"
        rate = spec.stochastic_depth * number / max(1, spec.depth - 1)
        normed = self.norm(x, f"{name}_norm1")
        branch = self._attention(normed, normed, name)
        x = self._residual(x, branch, f"{name}_out", rate)
        branch = self._mlp(self.norm(x, f"{name}_norm2"), name)
        return self._residual(x, branch, f"{name}_mlp2", rate, end=name)

    def tokens(self, x, image_size):
        """(batch, height, width, channels) -> (batch, count, hidden)."""
        spec = self.spec
        grid = spec.grid(image_size)
        x = keras.layers.Conv2D(
            spec.hidden,
            spec.patch,
            strides=spec.patch,
            kernel_initializer="lecun_normal",
            data_format="channels_last",
            dtype=self.dtype,
            name="embedding",
        )(x)
        x = keras.layers.Reshape(
            (grid[0] * grid[1], spec.hidden), dtype=self.dtype, name="patches"
        )(x)
        if spec.class_token:
            x = ClassToken(dtype=self.dtype, name="class_token")(x)
        if spec.positions != "none":
            x = PositionEmbedding(
                grid, spec.positions, dtype=self.dtype, name="positions"
            )(x)
        return self._named(self._dropped(x, "positions_dropout"), "embedded")

    def pooled(self, x):
        """(batch, count, hidden) -> float32 (batch, features)."""
        spec, named = self.spec, "pre_logits"
        if spec.representation_size:
            named = "pooled"
        if spec.classifier == "gap":
            x = keras.layers.GlobalAveragePooling1D(
                data_format="channels_last", dtype="float32", name=named
            )(x)
        else:
            if spec.classifier == "map":
                probe = Probe(dtype=self.dtype, name="probe")(x)
                x = self._attention(probe, x, "probe")
                branch = self._mlp(self.norm(x, "probe_norm"), "probe")
                x = keras.layers.Add(dtype=self.dtype, name="probe_add")([x, branch])
            x = FirstToken(dtype="float32", name=named)(x)
        if spec.representation_size:
            x = keras.layers.Dense(
                spec.representation_size,
                activation="tanh",
                dtype="float32",
                name="pre_logits",
            )(x)
        return x

    def _named(self, x, name):
        return keras.layers.Identity(dtype=self.dtype, name=name)(x)


def vit_network(spec, *, num_classes, channels, image_size, normalization, dtype, name):
    """Builds the network of a `ViTSpec` for images of one size. See `vit`."""
    size = tuple(image_size or (224, 224))
    spec.grid(size)
    builder = _Builder(spec, dtype)
    inputs = keras.Input((*size, channels), name="images")
    x = PixelNormalization(normalization, dtype=dtype, name="normalization")(inputs)
    if spec.stem:
        x = resnet_stem(x, spec.stem, dtype)
    x = builder.tokens(x, size)
    for number in range(spec.depth):
        x = builder.block(x, number)
    x = builder.norm(x, "encoded")
    x = builder.pooled(x)
    return classifier(inputs, x, num_classes, name)


def vit(
    variant,
    *,
    num_classes=None,
    image_size=224,
    weights=None,
    channels=3,
    normalization=None,
    dtype=None,
    name=None,
    **changes,
):
    """Builds a ViT or a hybrid as an ordinary `keras.Model`.

    Input: pixels 0..255, uint8 or float, (batch, height, width, channels) of one size.
    Output: float32 logits (batch, num_classes), or features (batch, hidden or
    representation_size) without `num_classes`. Layers `embedded`, `block0`..,
    `encoded`, `pre_logits` and `logits` are endpoints, of a hybrid `root` and
    `stage1`.., too; `block0_attention`.. gives weights of attention: see
    `bit_keras.models.endpoint`.

    Args:
        variant: name in `VIT_VARIANTS` ("b16") or a `ViTSpec`.
        num_classes: int, or None for features.
        image_size: side in pixels, or (height, width).
        weights: published name ("imagenet21k/ViT-B_16"), path of an npz of the public
            layout, or None to start from scratch. Positions are resized to the grid of
            the network. Their head is kept where its class count is `num_classes`;
            else the head is zero. A printed line says which.
        channels: int. Channels of the images.
        normalization: see `bit_keras.layers.PixelNormalization`; "symmetric" by
            default.
        dtype: Keras dtype or policy ("mixed_bfloat16") of all layers but the head.
        name: str. Name of the model.
        **changes: fields of the `ViTSpec`, such as `classifier="gap"`.

    Raises:
        InputError: if the variant is unknown, the images are smaller than a patch, or
            the weights do not fit.

    Reference: https://arxiv.org/abs/2010.11929; github.com/google-research/
        vision_transformer, vit_jax/models_vit.py. Where ports differ, GELU is
        approximated by tanh and epsilon of the norms is 1e-6, as the weights were
        trained.
    """
    if isinstance(image_size, int):
        image_size = (image_size, image_size)
    return built(
        vit_network,
        dataclasses.replace(FAMILY.spec(variant), **changes),
        family=FAMILY,
        weights=weights,
        num_classes=num_classes,
        channels=channels,
        image_size=image_size,
        normalization=normalization,
        dtype=dtype,
        name=name or "vit",
    )
