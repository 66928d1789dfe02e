"""Weights: published files by name, download, and the official file layout.

Networks are known by the names of their layers, so that this room works with every
Keras backend and imports none.
"""

from bit_keras.families import PublishedFile
from bit_keras.files import cache_folder
from bit_keras.weights.catalogue import SeveralFiles, catalogue, find, known
from bit_keras.weights.download import fetch, published
from bit_keras.weights.labels import class_names, words
from bit_keras.weights.loading import load, locate, save

__all__ = [
    "PublishedFile",
    "SeveralFiles",
    "cache_folder",
    "catalogue",
    "class_names",
    "fetch",
    "find",
    "known",
    "load",
    "locate",
    "published",
    "save",
    "words",
]
