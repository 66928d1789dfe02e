import dataclasses

import pytest

from bit_keras.recipes.names import CHOICES
from bit_keras.training import memory_trial
from bit_keras.training.memory import Trial
from bit_keras.training.objectives import OBJECTIVES
from bit_keras.training.objectives.classification import Classification


class Together(Classification):
    """Takes the images of a batch together."""

    separable = False


@pytest.fixture
def tried(small_recipe, smallest, monkeypatch, capsys):
    """Gives a function: images, fields of the recipe -> bytes, and sizes of a batch."""
    monkeypatch.setitem(OBJECTIVES, "together", Together)
    monkeypatch.setitem(CHOICES, "objective", ["classification", "together"])
    sizes = []

    def sums(self, forward, batch, original=Classification.sums):
        sizes.append([tuple(part.shape) for part in batch])
        return original(self, forward, batch)

    monkeypatch.setattr(Classification, "sums", sums)

    def run(micro_batch, **fields):
        trial = Trial("bit_tiny", 3, 3, small_recipe(**fields), 8)
        memory_trial.main({**dataclasses.asdict(trial), "micro_batch": micro_batch})
        return int(capsys.readouterr().out), sizes

    return run


def test_two_parts_are_trained(tried):
    taken, sizes = tried(2)
    assert taken > 10**7
    assert sizes[-1] == [(2, 16, 16, 3), (2, 3)]


def test_what_is_not_separable_is_one_batch(tried):
    _, sizes = tried(4, objective="together")
    assert sizes[-1] == [(4, 16, 16, 3), (4, 3)]
