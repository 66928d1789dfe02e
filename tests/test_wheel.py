import os
import shutil
import subprocess
import sys

import pytest


@pytest.mark.slow
def test_an_installed_wheel_holds_the_package_and_its_data_files(tmp_path):
    pip = [sys.executable, "-m", "pip", "--quiet"]
    source = tmp_path / "source"  # a build leaves files behind
    for package in ("bit_keras", "export"):  # of which the second stays out
        shutil.copytree(package, source / package)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(name, source)
    build = [*pip, "wheel", source, "--no-deps", "--no-build-isolation", "-w", tmp_path]
    subprocess.run(build, check=True)
    (wheel,) = tmp_path.glob("*.whl")
    site = tmp_path / "site"
    subprocess.run([*pip, "install", "--no-deps", "--target", site, wheel], check=True)
    assert not (site / "export").exists()
    script = (
        "import bit_keras as bk, importlib.resources as resources; "
        "print(bk.__file__); "
        "assert len(bk.weights.class_names(21843)) == 21843; "
        "assert (resources.files('bit_keras') / 'reports/run_report.html').is_file(); "
        "assert (resources.files('bit_keras.export') / 'model_card.md').is_file(); "
        "assert bk.models.bit('tiny', num_classes=2).count_params() > 0"
    )
    result = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith(str(site))
