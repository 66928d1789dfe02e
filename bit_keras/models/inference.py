"""A network made ready for prediction."""

import collections.abc
import dataclasses

import keras

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
    return [layer.standardized_kernel()]


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
    GroupNormalization: Cheaper(_in_fewer_passes, _weights),
    keras.layers.Conv2D: Cheaper(_as_used(keras.layers.Conv2D), _weights),
    keras.layers.Dense: Cheaper(_as_used(keras.layers.Dense), _weights),
}


def for_inference(model, dtype=None):
    """Gives a copy of a network whose kernels are standardised once and for all.

    The copy computes the same outputs, faster, and shares no variable with the model.
    In bfloat16 it rounds at other places.

    Args:
        model: `keras.Model`.
        dtype: Keras dtype or policy of the copy, "float32" or "mixed_bfloat16" say,
            instead of the model's own. Pooled features and logits stay float32.
    """

    def make(layer):
        config = layer.get_config()
        if dtype is not None:
            config["dtype"] = "float32" if layer.name in HEAD else dtype
        kind = type(layer)
        return (CHEAPER[kind].make if kind in CHEAPER else kind.from_config)(config)

    with without_random_numbers():
        copy = keras.models.clone_model(model, clone_function=make)
    for layer, source in zip(copy.layers, model.layers, strict=True):
        if type(source) in CHEAPER:
            for variable, value in zip(
                layer.weights, CHEAPER[type(source)].weights(source), strict=True
            ):
                variable.assign(value)
        else:
            layer.set_weights(source.get_weights())
    return copy
