"""Whether a run will find room on the disk."""

import shutil

from bit_keras import families
from bit_keras.errors import InputError
from bit_keras.optimizers import OPTIMIZERS


def require_disk(folder, network, data, recipe):
    """Raises if the disk cannot hold the checkpoints and the network of a run.

    Args:
        folder: of the run.
        network: registry name.
        data: `ImageData`.
        recipe: `Recipe`.

    Raises:
        InputError: with how much is free and how much is needed.
    """
    _, spec = families.network(network)
    weights = 4 * spec.parameters(
        num_classes=data.num_classes,
        channels=data.channels,
        image_size=(recipe.crop, recipe.crop),
    )
    slots = OPTIMIZERS[recipe.optimizer].slots
    checkpoint = 1 + slots + bool(recipe.ema_decay) + bool(recipe.best_metric)
    # Two are kept while the third is written; then the network itself.
    needed = (3 * checkpoint + 1) * weights + 50 * 2**20
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise InputError(
            f"The disk of '{folder}' has {free / 2**20:,.0f} MiB free, but the run "
            f"needs about {needed / 2**20:,.0f} MiB; free some or choose another "
            "--output."
        )
