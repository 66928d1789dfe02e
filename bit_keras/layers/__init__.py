"""Keras layers of the networks; `keras.ops` only, on every Keras backend."""

from bit_keras.layers.convolution import PaddedConv2D, StandardizedConv2D
from bit_keras.layers.group_normalization import (
    BFloat16GroupNormalization,
    GroupNormalization,
)
from bit_keras.layers.pixel_normalization import PixelNormalization
from bit_keras.layers.randomness import Dropout, StochasticDepth

__all__ = [
    "BFloat16GroupNormalization",
    "Dropout",
    "GroupNormalization",
    "PaddedConv2D",
    "PixelNormalization",
    "StandardizedConv2D",
    "StochasticDepth",
]
