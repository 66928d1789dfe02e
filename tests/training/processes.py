"""Runs in processes of their own, which may be killed."""

import json
import os
import pathlib
import subprocess
import sys

import numpy as np

from bit_keras.training import open_run

RUNNER = pathlib.Path(__file__).with_name("runner.py")
ROOT = RUNNER.parents[2]


def start(output, *, environment=None, **arguments):
    """Starts a run of `runner.py`; gives its process, with stderr to be read."""
    request = json.dumps({"output": str(output), **arguments})
    return subprocess.Popen(
        [sys.executable, str(RUNNER), request],
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "TF_CPP_MIN_LOG_LEVEL": "3",
            **(environment or {}),
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(process):
    """Waits for a process; gives its exit code and what it wrote to stderr."""
    try:
        _, told = process.communicate(timeout=300)
    finally:
        process.kill()
    return process.returncode, told


def run(output, **arguments):
    code, told = ended(start(output, **arguments))
    assert code == 0, told[-3000:]


def weights_of(output):
    return open_run(output).network().get_weights()


def same_weights(output, other):
    return all(map(np.array_equal, weights_of(output), weights_of(other)))
