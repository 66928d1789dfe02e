"""Keras layers of the networks; `keras.ops` only, on every Keras backend."""

from bit_keras.layers.convolution import PaddedConv2D, StandardizedConv2D
from bit_keras.layers.group_normalization import GroupNormalization
from bit_keras.layers.pixel_normalization import PixelNormalization

__all__ = [
    "GroupNormalization",
    "PaddedConv2D",
    "PixelNormalization",
    "StandardizedConv2D",
]
