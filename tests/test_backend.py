import json
import os
import pathlib
import subprocess
import sys

import pytest

import bit_keras

ROOT = pathlib.Path(bit_keras.__file__).parents[1]


@pytest.fixture
def doctor(tmp_path):
    """Gives a function that runs `doctor` with variables and a keras.json."""

    def run(variables, settings=None):
        if settings is not None:
            (tmp_path / "keras.json").write_text(settings)
        environment = {k: v for k, v in os.environ.items() if k != "KERAS_BACKEND"}
        return subprocess.run(
            [sys.executable, ROOT / "cli.py", "doctor"],
            env={**environment, "KERAS_HOME": str(tmp_path), **variables},
            capture_output=True,
            text=True,
        )

    return run


@pytest.mark.parametrize(
    ("variables", "settings"),
    [
        ({"KERAS_BACKEND": "jax"}, "{}"),
        ({"KERAS_BACKEND": "bogus"}, "{}"),
        ({}, json.dumps({"backend": "bogus"})),
        ({}, json.dumps({"floatx": "float31"})),
        ({}, "[]"),
    ],
)
def test_another_backend_is_told_in_one_sentence(doctor, variables, settings):
    done = doctor(variables, settings)
    assert done.returncode == 2
    assert done.stderr.startswith("Error: ")
    assert done.stderr.count("\n") == 1
    assert "KERAS_BACKEND=tensorflow" in done.stderr


def test_settings_that_cannot_be_opened_are_told_in_one_sentence(doctor, tmp_path):
    (tmp_path / "keras.json").mkdir()
    done = doctor({})
    assert done.returncode == 2
    assert done.stderr.startswith("Error: Keras does not start with its file keras.js")
    assert done.stderr.count("\n") == 1
    assert "Is a directory" in done.stderr


@pytest.mark.parametrize(
    "settings",
    [
        "{broken",
        json.dumps({"floatx": "float64", "image_data_format": "channels_first"}),
    ],
)
def test_other_settings_of_keras_do_not_matter(doctor, settings):
    assert doctor({"KERAS_BACKEND": ""}, settings).returncode == 0
