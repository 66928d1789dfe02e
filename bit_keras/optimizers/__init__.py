"""Optimizers and schedules; `keras.ops` only, on every Keras backend."""

from bit_keras.optimizers.schedules import WarmupPiecewise

__all__ = ["WarmupPiecewise"]
