import resource

import numpy as np
import pytest
import tensorflow as tf

from bit_keras.errors import InputError
from bit_keras.optimizers import OPTIMIZERS
from bit_keras.training import Learner
from bit_keras.training.checkpoints import Checkpoints

FACTS = {"step": 3, "seconds": 1.5, "best_step": None}


@pytest.fixture
def learner(small_network, small_recipe):
    return Learner(small_network(), small_recipe(ema_decay=0.5))


@pytest.fixture
def checkpoints(tmp_path):
    return Checkpoints(tmp_path / "checkpoints")


def train(learner, batch, steps=1):
    for _ in range(steps):
        learner.train_step(tuple(map(tf.constant, batch)))


def everything(learner):
    variables = (
        learner.network.variables + learner.optimizer.variables + learner.averages
    )
    return [variable.numpy() for variable in variables]


def names(checkpoints):
    return sorted(path.name for path in checkpoints.folder.iterdir())


def test_without_a_checkpoint_nothing_is_restored(learner, checkpoints):
    before = everything(learner)
    assert checkpoints.restore(learner) is None
    assert all(map(np.array_equal, before, everything(learner)))


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_checkpoint_brings_everything_back(
    small_network, small_recipe, checkpoints, small_batch, optimizer
):
    recipe = small_recipe(ema_decay=0.5, optimizer=optimizer)
    learner = Learner(small_network(), recipe)
    train(learner, small_batch, 2)
    saved = everything(learner)
    checkpoints.save(learner, FACTS)
    train(learner, small_batch)
    assert not all(map(np.array_equal, saved, everything(learner)))
    assert checkpoints.restore(learner) == FACTS
    assert all(map(np.array_equal, saved, everything(learner)))


def test_the_last_two_are_kept(learner, checkpoints):
    for step in (9, 10, 100):
        checkpoints.save(learner, {**FACTS, "step": step})
    assert names(checkpoints) == ["step-00000010.npz", "step-00000100.npz"]
    assert checkpoints.restore(learner)["step"] == 100


def cut_off(path):
    path.write_bytes(path.read_bytes()[:-2000])


def overwrite(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1  # one bit
    path.write_bytes(content)


def empty(path):
    path.write_bytes(b"")


@pytest.mark.parametrize("damage", [cut_off, overwrite, empty])
def test_a_damaged_checkpoint_falls_back_to_the_one_before(
    learner, checkpoints, small_batch, damage, capsys
):
    checkpoints.save(learner, FACTS)
    saved = everything(learner)
    train(learner, small_batch)
    checkpoints.save(learner, {**FACTS, "step": 4})
    damage(checkpoints.folder / "step-00000004.npz")
    assert checkpoints.restore(learner) == FACTS
    assert all(map(np.array_equal, saved, everything(learner)))
    assert "step-00000004.npz' is damaged and left out" in capsys.readouterr().err


def test_damaged_checkpoints_of_later_steps_make_room(learner, checkpoints):
    for step in (21, 22):
        checkpoints.save(learner, {**FACTS, "step": step})
        empty(checkpoints.folder / f"step-{step:08d}.npz")
    assert checkpoints.restore(learner) is None
    checkpoints.save(learner, {**FACTS, "step": 4})
    assert names(checkpoints) == ["step-00000004.npz"]


def test_a_checkpoint_without_its_best_weights_is_damaged(learner, checkpoints):
    checkpoints.save(learner, FACTS)
    checkpoints.save(learner, {**FACTS, "step": 4, "best_step": 4})
    assert checkpoints.restore(learner) == FACTS


def test_a_checkpoint_of_another_network_changes_nothing(
    learner, checkpoints, double_network, small_recipe
):
    checkpoints.save(Learner(double_network(), small_recipe()), FACTS)
    before = everything(learner)
    assert checkpoints.restore(learner) is None
    assert all(map(np.array_equal, before, everything(learner)))


def test_the_best_weights_are_read_back(learner, checkpoints):
    weights = learner.averaged_weights()
    checkpoints.save_best(7, weights)
    assert all(map(np.array_equal, weights, checkpoints.best_weights(7)))


def test_a_full_disk_is_told_and_leaves_the_last_checkpoint(
    learner, checkpoints, small_batch
):
    checkpoints.save(learner, FACTS)
    saved = everything(learner)
    train(learner, small_batch)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    # The kernel breaks off every write beyond 100 kB, as on a disk that is full.
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        with pytest.raises(InputError, match="step-00000004.npz' cannot be written: "):
            checkpoints.save(learner, {**FACTS, "step": 4})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert names(checkpoints) == ["step-00000003.npz"]
    assert checkpoints.restore(learner) == FACTS
    assert all(map(np.array_equal, saved, everything(learner)))
