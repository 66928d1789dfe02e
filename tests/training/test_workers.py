"""Two processes on one machine are the workers of one run."""

import json
import signal
import socket
import time

import numpy as np
import pytest
from processes import ended, run, same_weights, start, weights_of

ARGUMENTS = {
    "checkpoint_minutes": 0,
    "fields": [
        *("resize=18", "crop=16", "batch_size=16", "steps=40", "warmup_steps=5"),
        *("decay_at=", "base_lr=0.001", "clip_norm=0.5", "evaluate_every=20"),
        "best_metric=loss",
    ],
}


def start_both(*outputs):
    """Starts the chief and another worker, each with its output folder."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in outputs]
    addresses = [f"127.0.0.1:{s.getsockname()[1]}" for s in sockets]
    for server in sockets:
        server.close()
    processes = []
    for number, output in enumerate(outputs):
        task = {"type": "worker", "index": number}
        config = json.dumps({"cluster": {"worker": addresses}, "task": task})
        processes.append(start(output, environment={"TF_CONFIG": config}, **ARGUMENTS))
    return processes


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("workers")


@pytest.fixture(scope="module")
def two(folder):
    """The run of two workers; the second had another output folder."""
    for process in start_both(folder / "two", folder / "unused"):
        code, told = ended(process)
        assert code == 0, told[-3000:]
    return folder / "two"


def test_two_workers_are_one_process(two, tmp_path):
    run(tmp_path / "one", strategy="one", **ARGUMENTS)
    for a, b in zip(weights_of(tmp_path / "one"), weights_of(two), strict=True):
        np.testing.assert_allclose(a, b, atol=2e-5)


def test_the_chief_alone_writes(two, folder):
    assert not (folder / "unused").exists()


@pytest.mark.slow
def test_workers_that_lost_one_go_on_when_they_are_started_again(two, folder):
    again = folder / "again"
    chief, worker = start_both(again, again)
    while len(list(again.glob("checkpoints/step-*"))) < 2:
        assert chief.poll() is None
        time.sleep(0.01)
    worker.kill()
    code, told = ended(chief)
    assert code == 1
    assert "Another worker of this run was lost; start all of them again" in told
    assert ended(worker)[0] == -signal.SIGKILL
    assert not (again / "model.keras").exists()
    for process in start_both(again, again):
        code, told = ended(process)
        assert code == 0, told[-3000:]
    assert same_weights(two, again)
