"""Networks by their registry name, and their endpoints."""

import dataclasses

from bit_keras import families
from bit_keras.errors import InputError, suggestion
from bit_keras.layers import Attention, AttentionWeights
from bit_keras.models.bit import bit_network
from bit_keras.models.filling import built
from bit_keras.models.image_model import ImageModel
from bit_keras.models.resnet import resnet_network
from bit_keras.models.vit import vit_network

# Name of the family -> function (spec, *, num_classes, channels, image_size,
# normalization, dtype, name) -> model; every builder takes all of them.
BUILDERS = {"bit": bit_network, "vit": vit_network, "resnet": resnet_network}


def build(
    name,
    *,
    num_classes=None,
    channels=3,
    image_size=None,
    normalization=None,
    weights=None,
    dtype=None,
    dropout=0.0,
    stochastic_depth=0.0,
    synchronized_batch_norm=False,
):
    """Builds a network of any family by its registry name ("bit_r50x1").

    Args:
        name: of the registry.
        num_classes: int, or None for pooled features.
        channels: int. Channels of the images.
        image_size: (height, width) in pixels of the images, for families whose
            networks depend on it.
        normalization: see `bit_keras.layers.PixelNormalization`; by default that of
            the published weights, or else of the family.
        weights: published name or path; their head is kept where it fits, else the
            head is zero. A printed line says which. None to start from scratch.
        dtype: Keras dtype or policy ("mixed_bfloat16").
        dropout, stochastic_depth, synchronized_batch_norm: fields of the spec, of
            families that have them.

    Returns:
        `ImageModel` called `name`, from pixels 0..255 (batch, height, width, channels)
        to float32 logits (batch, num_classes), or features (batch, features).

    Raises:
        InputError: if the name is unknown, the weights do not fit, or the family has
            no such field.
    """
    family, spec = families.network(name)
    fields = {
        "dropout": dropout,
        "stochastic_depth": stochastic_depth,
        "synchronized_batch_norm": synchronized_batch_norm,
    }
    for field, value in fields.items():
        if value and not hasattr(spec, field):
            raise InputError(
                f"Networks of {family.name} have no {field}, so leave it at "
                f"{field}={type(value)()}. Received: {field}={value}"
            )
        if value:
            spec = dataclasses.replace(spec, **{field: value})
    return built(
        BUILDERS[family.name],
        spec,
        family=family,
        weights=weights,
        num_classes=num_classes,
        channels=channels,
        image_size=image_size,
        normalization=normalization,
        dtype=dtype,
        name=name,
    )


def endpoints(model):
    """Gives the names of the layers of a network that are endpoints, first to last.

    They are those that a spec of any family names, so that a user's own spec and a
    network that was loaded from a file are understood, too.
    """
    named = {
        endpoint
        for family in families.FAMILIES.values()
        for spec in family.variants.values()
        for endpoint in spec.endpoints
    }
    return tuple(layer.name for layer in model.layers if layer.name in named)


def endpoint(model, name):
    """Gives a `keras.Model` from the images to the named layer; shares the weights.

    Args:
        model: a network of this package.
        name: one of `endpoints(model)`, or any other layer. For BiT: "root"
            (batch, height / 4, width / 4, channels), "stage1".. "stage4" (each stage
            from 2 on halves height and width), "pre_logits" (batch, features) or
            "logits" (batch, classes). For ViT: "embedded", "block0".. and "encoded"
            (batch, tokens, hidden), and "block0_attention".., the weights of attention
            (batch, heads, queries, keys).

    Raises:
        InputError: if the network has no such layer.
    """
    if name not in [layer.name for layer in model.layers]:
        known = endpoints(model)
        raise InputError(
            f"The network has no layer '{name}'.{suggestion(name, known)} "
            f"Endpoints: {', '.join(known)}"
        )
    layer = model.get_layer(name)
    if isinstance(layer, Attention):
        # Beside the layer, which computes its outputs without having all weights at
        # one time where it can.
        weights = AttentionWeights(layer.heads, name=f"{name}_weights")
        return ImageModel(model.inputs[0], weights(layer.input), name=name)
    return ImageModel(model.inputs[0], layer.output, name=name)
