"""A network made ready for prediction."""

import collections.abc
import dataclasses

import keras
import numpy as np

from bit_keras.layers import (
    BFloat16GroupNormalization,
    GroupNormalization,
    PaddedConv2D,
    SameStandardizedConv2D,
    StandardizedConv2D,
)
from bit_keras.models.filling import without_random_numbers

# What is pooled and classified is float32 under every precision policy.
HEAD = ("pre_logits", "logits")


@dataclasses.dataclass(frozen=True)
class Cheaper:
    """How a kind of layer becomes one that predicts the same with less work.

    Attributes:
        make: function from the layer's configuration to the other layer.
        weights: function from the layer to the arrays of the other's weights.
    """

    make: collections.abc.Callable
    weights: collections.abc.Callable


def _as_used(kind):
    """Keeps kernels in the type that mixed precision computes in, cast once."""

    def make(config):
        config.pop("standardize_epsilon", None)
        return kind.from_config(config | {"dtype": _compute_dtype(config)})

    return make


def _weights(layer):
    return layer.weights


def _standardized(layer):
    bias = [layer.bias] if layer.use_bias else []
    return [layer.standardized_kernel(), *bias]


def _in_fewer_passes(config):
    bfloat16 = _compute_dtype(config) == "bfloat16"
    kind = BFloat16GroupNormalization if bfloat16 else GroupNormalization
    return kind.from_config(config)


def _compute_dtype(config):
    return keras.dtype_policies.get(config["dtype"]).compute_dtype


# Layers of other kinds are copied as they are.
CHEAPER = {
    StandardizedConv2D: Cheaper(_as_used(PaddedConv2D), _standardized),
    SameStandardizedConv2D: Cheaper(_as_used(keras.layers.Conv2D), _standardized),
    PaddedConv2D: Cheaper(_as_used(PaddedConv2D), _weights),
    GroupNormalization: Cheaper(_in_fewer_passes, _weights),
    keras.layers.Conv2D: Cheaper(_as_used(keras.layers.Conv2D), _weights),
    keras.layers.Dense: Cheaper(_as_used(keras.layers.Dense), _weights),
}
# Those of which a BatchNorm behind them can become a part.
LINEAR = (keras.layers.Conv2D, keras.layers.Dense)


def for_inference(model, dtype=None):
    """Gives a copy of a network whose kernels are made once and for all.

    They are standardised where the network does so for every batch, and what BatchNorm
    does to the outputs of a layer is done to its kernel and bias. The copy computes the
    same outputs, faster, and shares no variable with the model. In bfloat16 it rounds
    at other places.

    Args:
        model: `keras.Model`.
        dtype: Keras dtype or policy of the copy, "float32" or "mixed_bfloat16" say,
            instead of the model's own. Pooled features and logits stay float32.
    """
    if isinstance(model, keras.Sequential):  # which is cloned in another way
        model = keras.Model(model.inputs[0], model.outputs[0], name=model.name)
    norms = _foldable(model)
    folded = {id(norm) for norm in norms.values()}

    def make(layer):
        config = layer.get_config()
        if dtype is not None:
            config["dtype"] = "float32" if layer.name in HEAD else dtype
        if id(layer) in folded:
            return keras.layers.Identity(dtype=config["dtype"], name=layer.name)
        if id(layer) in norms:
            config["use_bias"] = True
        kind = type(layer)
        return (CHEAPER[kind].make if kind in CHEAPER else kind.from_config)(config)

    def call(layer, *arguments, **named):
        if isinstance(layer, keras.layers.Identity):
            named.pop("mask", None)  # which BatchNorm takes
        return layer(*arguments, **named)

    with without_random_numbers():
        copy = keras.models.clone_model(model, clone_function=make, call_function=call)
    for layer, source in zip(copy.layers, model.layers, strict=True):
        if id(source) not in folded:
            weights = _predicting(source, norms.get(id(source)))
            for variable, value in zip(layer.weights, weights, strict=True):
                variable.assign(value)
    return copy


def _predicting(layer, norm):
    """Gives the weights of a copy of a layer; a norm behind it, or None, is in them."""
    kind = type(layer)
    weights = CHEAPER[kind].weights(layer) if kind in CHEAPER else layer.weights
    return weights if norm is None else _folded(weights, norm)


def _foldable(model):
    """Gives id of a layer -> the BatchNorm that takes its outputs, and alone does."""
    calls, takers = _graph(model)
    layers = {layer.name: layer for layer in model.layers}
    norms = {}
    for layer in model.layers:
        found = [layers.get(taker) for taker in takers[layer.name]]
        if (
            type(layer) in CHEAPER
            and isinstance(layer, LINEAR)
            and layer.activation is keras.activations.linear
            and getattr(layer, "data_format", "channels_last") == "channels_last"
            and [type(taker) for taker in found] == [keras.layers.BatchNormalization]
            and found[0].axis in (-1, layer.output.ndim - 1)
            and calls[layer.name] == calls[found[0].name] == 1
        ):
            norms[id(layer)] = found[0]
    return norms


def _graph(model):
    """Reads off a network how often each layer is called, and who takes its outputs.

    Returns:
        Dictionary from the name of a layer to a number, and one to a list of names, in
        which None stands for the outputs of the network.
    """
    config = model.get_config()
    told = {layer["name"]: layer["inbound_nodes"] for layer in config["layers"]}
    calls = {name: len(nodes) for name, nodes in told.items()}
    takers = {name: [] for name in told}
    for taker, arguments in [*told.items(), (None, config["output_layers"])]:
        # A word that happens to be the name of a layer counts as one taker more, so
        # that a BatchNorm stays, which does no harm.
        for word in keras.tree.flatten(arguments):
            if isinstance(word, str) and word in takers:
                takers[word].append(taker)
    return calls, takers


def _folded(weights, norm):
    """Gives kernel and bias of a layer that does what BatchNorm does behind it."""
    kernel, *bias = (keras.ops.convert_to_numpy(w) for w in weights)
    statistics = (norm.moving_mean, norm.moving_variance)
    mean, variance = (keras.ops.convert_to_numpy(v) for v in statistics)
    scale = 1 / np.sqrt(variance.astype("float64") + norm.epsilon)
    if norm.scale:
        scale = scale * keras.ops.convert_to_numpy(norm.gamma)
    shift = (bias[0] if bias else 0) - mean.astype("float64")
    shift = shift * scale
    if norm.center:
        shift = shift + keras.ops.convert_to_numpy(norm.beta)
    return [(kernel * scale).astype("float32"), shift.astype("float32")]
