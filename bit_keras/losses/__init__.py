"""Losses: one number per example; `keras.ops` only, on every Keras backend."""

from bit_keras.losses.classification import (
    LOSSES,
    Loss,
    probabilities,
    sigmoid_cross_entropy,
    softmax_cross_entropy,
)

__all__ = [
    "LOSSES",
    "Loss",
    "probabilities",
    "sigmoid_cross_entropy",
    "softmax_cross_entropy",
]
