"""A run that is killed at any moment ends as if nothing had happened."""

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
KEPT = ("step", "loss", "accuracy", "learning_rate")


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory):
    folder = tmp_path_factory.mktemp("unbroken") / "run"
    run(folder, **ARGUMENTS)
    return folder


def wait_for(condition, process):
    while not condition() and process.poll() is None:
        time.sleep(0.01)


def checkpoints(folder):
    return {path.name for path in (folder / "checkpoints").glob("step-*.npz")}


def test_a_run_killed_at_random_moments_ends_with_the_same_weights(unbroken, tmp_path):
    folder = tmp_path / "run"
    seed = time.time_ns()
    generator = random.Random(seed)
    for _ in range(5):
        process = start(folder, **ARGUMENTS)
        before = checkpoints(folder)
        wait_for(lambda before=before: checkpoints(folder) - before, process)
        time.sleep(generator.uniform(0, 0.25))
        process.kill()
        code, told = ended(process)
        assert code == -signal.SIGKILL, told[-3000:]
    run(folder, **ARGUMENTS)
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
    process = start(folder, **arguments)
    log = folder / "log.csv"
    wait_for(lambda: log.exists() and log.stat().st_size > 0, process)
    time.sleep(1)  # the first step is being compiled
    process.terminate()
    code, told = ended(process)
    assert "Stopped and saved after step" in told
    assert "The same command goes on with the run in" in told
    assert code != 0, told[-3000:]
    assert len(checkpoints(folder)) == 1
    run(folder, **arguments)
    assert same_weights(unbroken, folder)
