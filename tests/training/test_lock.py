import os
import subprocess
import sys

import filelock
import pytest
from processes import ROOT

from bit_keras.errors import InputError
from bit_keras.training.lock import locked, run_folder_locked


def held(folder):
    try:
        with filelock.FileLock(folder / ".lock", timeout=0):
            return False
    except filelock.Timeout:
        return True


def test_a_lock_is_freed_when_its_context_ends(tmp_path):
    with locked(tmp_path):
        assert held(tmp_path)
    assert not held(tmp_path)


def test_a_killed_process_leaves_no_lock(tmp_path):
    code = (
        "import sys, time; from bit_keras.training.lock import locked\n"
        "with locked(sys.argv[1]): print('locked', flush=True); time.sleep(600)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, tmp_path], cwd=ROOT, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout.readline() == b"locked\n"
        assert held(tmp_path)
        process.kill()
    with locked(tmp_path):
        pass


def test_what_is_written_inside_a_run_locks_the_run(tmp_path):
    (tmp_path / "run.json").touch()
    with (
        run_folder_locked(tmp_path / "exports" / "1"),
        pytest.raises(InputError, match="Another run is writing"),
        locked(tmp_path),
    ):
        pass


def test_a_folder_of_no_run_is_left_alone(tmp_path):
    with run_folder_locked(tmp_path / "new"):
        assert os.listdir(tmp_path) == []


def test_a_name_too_long_is_in_no_run(tmp_path):
    with run_folder_locked(tmp_path / ("long" * 99)):
        pass
