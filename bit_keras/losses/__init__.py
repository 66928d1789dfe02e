"""Losses: one number per example; `keras.ops` only, on every Keras backend."""

from bit_keras.losses.classification import (
    sigmoid_cross_entropy,
    softmax_cross_entropy,
)

__all__ = ["sigmoid_cross_entropy", "softmax_cross_entropy"]
