"""Optimizers and schedules; `keras.ops` only, on every Keras backend."""

from bit_keras.optimizers.per_variable import SGD, AdamW
from bit_keras.optimizers.schedules import WarmupPiecewise

__all__ = ["SGD", "AdamW", "WarmupPiecewise"]
