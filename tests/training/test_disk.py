import shutil
import types

import pytest

from bit_keras.errors import InputError
from bit_keras.training.disk import require_disk

DATA = types.SimpleNamespace(num_classes=10, channels=3)
WEIGHTS = 4 * 2_017_578  # bytes of bit_tiny with a head of ten classes


def with_free(monkeypatch, free):
    usage = types.SimpleNamespace(free=free)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage)


@pytest.mark.parametrize(
    ("fields", "copies"),
    [
        ({}, 3 * 2 + 1),  # three checkpoints with the momentum, and the network
        ({"optimizer": "adamw"}, 3 * 3 + 1),
        ({"ema_decay": 0.9}, 3 * 3 + 1),
        ({"evaluate_every": 1, "best_metric": "loss"}, 3 * 3 + 1),
    ],
)
def test_checkpoints_and_network_must_find_room(
    small_recipe, monkeypatch, fields, copies
):
    needed = copies * WEIGHTS + 50 * 2**20
    with_free(monkeypatch, needed)
    require_disk("runs", "bit_tiny", DATA, small_recipe(**fields))
    with_free(monkeypatch, needed - 1)
    with pytest.raises(InputError, match="'runs' has .* MiB free, but the run needs"):
        require_disk("runs", "bit_tiny", DATA, small_recipe(**fields))
