"""Keras layers of the networks; `keras.ops` only, on every Keras backend."""

from bit_keras.layers.attention import Attention, AttentionWeights
from bit_keras.layers.convolution import (
    PaddedConv2D,
    SameStandardizedConv2D,
    StandardizedConv2D,
)
from bit_keras.layers.gelu import tanh_gelu
from bit_keras.layers.group_normalization import (
    BFloat16GroupNormalization,
    GroupNormalization,
)
from bit_keras.layers.masked_patches import MaskedPatches
from bit_keras.layers.pixel_normalization import PixelNormalization
from bit_keras.layers.pooling import PaddedMaxPooling2D
from bit_keras.layers.randomness import Dropout, StochasticDepth
from bit_keras.layers.selective_kernels import StreamChoice, StreamSum
from bit_keras.layers.shortcuts import ZeroPaddedShortcut
from bit_keras.layers.tokens import ClassToken, FirstToken, PositionEmbedding, Probe

__all__ = [
    "Attention",
    "AttentionWeights",
    "BFloat16GroupNormalization",
    "ClassToken",
    "Dropout",
    "FirstToken",
    "GroupNormalization",
    "MaskedPatches",
    "PaddedConv2D",
    "PaddedMaxPooling2D",
    "PixelNormalization",
    "PositionEmbedding",
    "Probe",
    "SameStandardizedConv2D",
    "StandardizedConv2D",
    "StochasticDepth",
    "StreamChoice",
    "StreamSum",
    "ZeroPaddedShortcut",
    "tanh_gelu",
]
