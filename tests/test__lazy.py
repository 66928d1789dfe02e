import os
import pathlib
import subprocess
import sys

import pytest

import bit_keras


def run(code):
    """Gives what a new Python process prints."""
    root = pathlib.Path(bit_keras.__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout.split()


def test_importing_the_package_imports_no_framework():
    modules = run("import sys, bit_keras; print(*sys.modules)")
    assert "bit_keras" in modules
    assert not {"keras", "tensorflow", "numpy", "jax", "torch"} & set(modules)


def test_recipes_and_families_need_no_framework():
    modules = run(
        "import sys; from bit_keras import families, recipes, errors, weights;"
        "recipes.bit_hyperrule(10, (32, 32)); print(*sys.modules)"
    )
    assert "bit_keras.recipes.hyperrule" in modules
    assert not {"keras", "tensorflow", "jax", "torch"} & set(modules)


@pytest.mark.parametrize("name", dir(bit_keras))
def test_every_promised_name_is_there(name):
    assert getattr(bit_keras, name) is not None


def test_name_is_that_of_its_module():
    from bit_keras.errors import InputError

    assert bit_keras.InputError is InputError


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="'bit_keras' has no attribute 'nothing'"):
        bit_keras.nothing  # noqa: B018
