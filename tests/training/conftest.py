"""Networks so small that a step takes milliseconds, and two devices to spread it on."""

import dataclasses
import shutil

import keras
import numpy as np
import pytest
import tensorflow as tf

from bit_keras.families import bit as bit_family
from bit_keras.models import bit
from bit_keras.recipes import Recipe
from bit_keras.training import open_run

SMALLEST = bit_family.BiTSpec((1,), 0.5)

# Before anything is computed; what names no device still runs on the first.
tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0],
    [tf.config.LogicalDeviceConfiguration()] * 2,
)


@pytest.fixture
def smallest(monkeypatch):
    """Makes `bit_tiny` a network of one unit."""
    monkeypatch.setitem(bit_family.VARIANTS, "tiny", SMALLEST)


@pytest.fixture
def copied(tmp_path):
    """Gives a function: folder of a run -> `Run` in a copy that a test may change."""
    return lambda folder: open_run(shutil.copytree(folder, tmp_path / "copy"))


@pytest.fixture(scope="session")
def small_network():
    """Gives a function: precision -> a new network of one unit for three classes."""

    def build(precision="float32"):
        keras.utils.set_random_seed(3)
        return bit(SMALLEST, num_classes=3, dtype=precision)

    return build


@pytest.fixture(scope="session")
def double_network():
    """Gives a function: () -> a new network in float64, the same every time."""

    def build():
        keras.utils.set_random_seed(3)
        inputs = keras.Input((16, 16, 3), dtype="float64")
        x = keras.layers.Rescaling(1 / 127.5, -1, dtype="float64")(inputs)
        x = keras.layers.Conv2D(8, 3, activation="relu", dtype="float64")(x)
        x = keras.layers.GlobalAveragePooling2D(dtype="float64")(x)
        outputs = keras.layers.Dense(3, dtype="float64", name="logits")(x)
        return keras.Model(inputs, outputs)

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
