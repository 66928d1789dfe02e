"""A run that is killed at any moment ends as if nothing had happened."""

import functools
import random
import signal
import time

import pytest
from processes import ended, run, same_weights, start

from bit_keras.training.progress import read_log
from bit_keras.training.run_folder import Run

ARGUMENTS = {
    "checkpoint_minutes": 0,  # after every step
    "fields": [
        *("resize=18", "crop=16", "batch_size=16", "steps=150", "warmup_steps=5"),
        *("decay_at=", "base_lr=0.01", "mixup_alpha=0.1", "ema_decay=0.9"),
        *("evaluate_every=40", "best_metric=top1"),
    ],
}
# Everything that is drawn for an example, a group or a unit, and that BatchNorm keeps.
STRIKES_BACK = {
    "model": "resnet20",
    "checkpoint_minutes": 0,
    "fields": [
        *("resize=16", "crop=16", "cropping=torchvision", "crop_area=0.25"),
        *("train_interpolation=random", "rand_augment=rand-m7-mstd0.5-inc1"),
        *("erasing=0.25", "repeats=3", "mixup_alpha=0.2", "cutmix_alpha=1"),
        *("mix_group=8", "stochastic_depth=0.2", "loss=sigmoid", "class_mean=true"),
        *("mixed_labels=presence", "label_smoothing=0.1", "optimizer=lamb"),
        *("clip_norm=1", "batch_size=16", "steps=60", "warmup_steps=0", "decay_at="),
    ],
}
RUNS = {"bit": ARGUMENTS, "resnet": STRIKES_BACK}
KEPT = ("step", "loss", "accuracy", "learning_rate")


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory):
    """Gives a function from arguments to the folder of a run that nothing disturbed."""

    @functools.cache
    def find(name):
        folder = tmp_path_factory.mktemp("unbroken") / "run"
        run(folder, **RUNS[name])
        return folder

    return find


def checkpoints(folder):
    return {path.name for path in (folder / "checkpoints").glob("step-*.npz")}


def newest(folder):
    """Gives the step of the last checkpoint; the moment within a step is random."""
    return max((int(name[5:-4]) for name in checkpoints(folder)), default=0)


@pytest.mark.parametrize("name", RUNS)
def test_a_run_killed_at_random_moments_ends_with_the_same_weights(
    unbroken, tmp_path, name
):
    folder, arguments, unbroken = tmp_path / "run", RUNS[name], unbroken(name)
    seed = time.time_ns()
    generator = random.Random(seed)
    for _ in range(3):
        goal = newest(folder) + generator.randint(1, 15)
        process = start(folder, **arguments)
        while newest(folder) < goal and process.poll() is None:
            time.sleep(0.001)
        process.kill()
        code, told = ended(process)
        assert code == -signal.SIGKILL, told[-3000:]
    run(folder, **arguments)
    assert same_weights(unbroken, folder), seed
    assert Run(unbroken).metrics == Run(folder).metrics
    first, second = (
        [[row[name] for name in KEPT] for row in read_log(path)]
        for path in (unbroken, folder)
    )
    assert first == second


def test_a_run_that_is_asked_to_stop_saves_first(unbroken, tmp_path):
    folder = tmp_path / "run"
    arguments = {**ARGUMENTS, "checkpoint_minutes": 60}
    code, told = ended(start(folder, stop_at=7, **arguments))
    assert "Stopped and saved after step 8 of 150" in told
    assert "The same command goes on with the run in" in told
    assert code != 0, told[-3000:]
    assert checkpoints(folder) == {"step-00000008.npz"}
    run(folder, **arguments)
    assert same_weights(unbroken("bit"), folder)
