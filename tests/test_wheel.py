"""The wheel, installed where the checkout is not, beside modules of a user's own."""

import os
import shutil
import subprocess
import sys

import pytest


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A folder that the wheel, and nothing else, is installed in."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"  # a build leaves files behind
    for package in ("bit_keras", "export", "tutorials"):  # of which the first goes in
        shutil.copytree(package, source / package)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(name, source)
    pip = [sys.executable, "-m", "pip", "--quiet"]
    build = [*pip, "wheel", source, "--no-deps", "--no-build-isolation", "-w", folder]
    subprocess.run(build, check=True)
    (wheel,) = folder.glob("*.whl")
    place = folder / "site"
    subprocess.run([*pip, "install", "--no-deps", "--target", place, wheel], check=True)
    return place


@pytest.fixture
def run(site, tmp_path):
    """Gives a function that runs a command line as a user of the wheel does.

    It runs in a folder whose `export.py` and `cli.py` are the user's own.
    """
    for name in ("export.py", "cli.py"):
        (tmp_path / name).write_text("OWN = 'mine'\n")

    def run(*words):
        done = subprocess.run(
            words,
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(site)},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def test_it_holds_the_package_alone(site):
    names = {path.name for path in site.iterdir()}
    assert {name for name in names if not name.endswith(".dist-info")} == {
        "bin",
        "bit_keras",
    }


def test_data_files_are_in_it(site, run):
    script = (
        "import bit_keras as bk, importlib.resources as resources; "
        "print(bk.__file__); "
        "assert len(bk.weights.class_names(21843)) == 21843; "
        "assert (resources.files('bit_keras') / 'reports/gallery.html').is_file(); "
        "assert (resources.files('bit_keras') / 'reports/page.html').is_file(); "
        "assert (resources.files('bit_keras') / 'reports/run_report.html').is_file(); "
        "assert (resources.files('bit_keras.export') / 'cards/onnx.md').is_file(); "
        "assert bk.models.bit('tiny', num_classes=2).count_params() > 0"
    )
    assert run(sys.executable, "-c", script).startswith(str(site))


def test_a_users_own_export_stays_their_own(run):
    script = (
        "import export, bit_keras as bk; "
        "print(export.OWN, bk.export.HubLayer.__name__, bk.export.export.__name__)"
    )
    assert run(sys.executable, "-c", script) == "mine HubLayer export\n"


def test_the_commands_run_and_name_themselves(site, run):
    for words in ((sys.executable, "-m", "bit_keras"), (site / "bin" / "bit-keras",)):
        name = "bit-keras" if len(words) == 1 else "python -m bit_keras"
        assert run(*words, "export", "--help").startswith(f"usage: {name} export ")


@pytest.mark.slow
def test_a_network_is_trained_and_exported_beside_the_users_own_export(run, tmp_path):
    keras = (sys.executable, "-m", "bit_keras")
    fields = ("resize=34", "crop=32", "batch_size=16")
    printed = run(
        *(*keras, "finetune", "--dataset", "digits", "--model", "bit_tiny"),
        *("--steps", "2", "--output", "run", "--set", *fields),
    )
    assert "python -m bit_keras predict --run run PHOTOS" in printed
    run(*keras, "export", "--run", "run", "--to", "served/1")
    card = (tmp_path / "served" / "1" / "README.md").read_text("utf-8")
    assert "`python -m bit_keras evaluate --run run`" in card
