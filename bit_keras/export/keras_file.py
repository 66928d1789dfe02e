"""The network as it was trained, for Keras."""

from pathlib import Path

import keras

from bit_keras.export.format import Format

FILE = "model.keras"


def save_keras(trained, folder):
    """Writes `model.keras`, which `keras.models.load_model` opens after `bit_keras`.

    It takes images (batch, height, width, channels) in 0..255 and gives logits
    (batch, classes); it can be trained on.

    Args:
        trained: `bit_keras.training.trained.Trained`.
        folder: a folder.
    """
    trained.model.save(Path(folder) / FILE)


def open_keras(folder):
    """Gives what `save_keras` wrote as a function from images to logits."""
    return keras.models.load_model(Path(folder) / FILE).predict_on_batch


FORMAT = Format(
    name="keras",
    kind="A Keras file",
    save=save_keras,
    read=open_keras,
    output="logits",
)
