import pathlib
import subprocess
import sys

import bit_keras

ROOT = pathlib.Path(bit_keras.__file__).parents[1]


def test_the_package_runs_commands():
    done = subprocess.run(
        [sys.executable, "-m", "bit_keras", "models", "--no-such-flag"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert "'models' does not know --no-such-flag" in done.stderr


def test_help_shows_how_the_command_was_started():
    shown = {}
    for start in (["-m", "bit_keras"], ["cli.py"]):
        done = subprocess.run(
            [sys.executable, *start, "models", "--help"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        shown[start[-1]] = done.stdout.splitlines()[0]
    assert shown["bit_keras"].startswith("usage: python -m bit_keras models ")
    assert shown["cli.py"].startswith("usage: python cli.py models ")
