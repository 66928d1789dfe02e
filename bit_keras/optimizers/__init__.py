"""Optimizers and schedules; `keras.ops` only, on every Keras backend."""

from bit_keras.optimizers.clipping import adaptively_clipped
from bit_keras.optimizers.kinds import OPTIMIZERS, OptimizerKind
from bit_keras.optimizers.lamb import Lamb
from bit_keras.optimizers.per_variable import SGD, AdamW
from bit_keras.optimizers.rmsprop_tf import RMSPropTF
from bit_keras.optimizers.schedules import Table

__all__ = [
    "OPTIMIZERS",
    "SGD",
    "AdamW",
    "Lamb",
    "OptimizerKind",
    "RMSPropTF",
    "Table",
    "adaptively_clipped",
]
