"""Losses: one number per example; `keras.ops` only, on every Keras backend."""

from bit_keras.losses.classification import (
    LOSSES,
    Loss,
    probabilities,
    sigmoid_cross_entropy,
    softmax_cross_entropy,
)
from bit_keras.losses.targets import MIXED_LABELS, smoothed, targets

__all__ = [
    "LOSSES",
    "MIXED_LABELS",
    "Loss",
    "probabilities",
    "sigmoid_cross_entropy",
    "smoothed",
    "softmax_cross_entropy",
    "targets",
]
