"""Networks so small that a step takes milliseconds."""

import dataclasses

import keras
import numpy as np
import pytest

from bit_keras import specs
from bit_keras.models import bit
from bit_keras.recipes import Recipe

SMALLEST = specs.BiTSpec((1,), 0.5)


@pytest.fixture
def smallest(monkeypatch):
    """Makes `bit_tiny` a network of one unit."""
    monkeypatch.setitem(specs.BIT_VARIANTS, "tiny", SMALLEST)


@pytest.fixture(scope="session")
def small_network():
    """Gives a function: precision -> a new network of one unit for three classes."""

    def build(precision="float32"):
        keras.utils.set_random_seed(3)
        return bit(SMALLEST, num_classes=3, dtype=precision)

    return build


@pytest.fixture(scope="session")
def small_recipe():
    """Gives a function: fields -> a recipe of 3 steps of 8 images of 16 pixels."""
    recipe = Recipe(resize=16, crop=16, batch_size=8, base_lr=0.01, steps=3)
    return lambda **fields: dataclasses.replace(recipe, **fields)


@pytest.fixture(scope="session")
def small_batch():
    """8 images of 16 pixels and their one-hot labels."""
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (8, 16, 16, 3)).astype("float32")
    return images, np.eye(3, dtype="float32")[[0, 1, 2, 0, 1, 2, 0, 1]]
