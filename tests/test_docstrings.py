"""What docstrings show is what happens."""

import doctest
import importlib
import pathlib

import pytest

import bit_keras

ROOT = pathlib.Path(bit_keras.__file__).parent
WITH_EXAMPLES = sorted(
    ".".join(path.relative_to(ROOT.parent).with_suffix("").parts)
    for path in ROOT.rglob("*.py")
    if ">>> " in path.read_text("utf-8")
)


@pytest.mark.parametrize("module", WITH_EXAMPLES)
def test_examples_in_docstrings_give_what_they_show(module):
    results = doctest.testmod(importlib.import_module(module))
    assert results.attempted
    assert not results.failed


def test_there_are_examples():
    assert "bit_keras.weights.labels" in WITH_EXAMPLES
