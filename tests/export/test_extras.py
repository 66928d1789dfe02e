import sys

import pytest

from bit_keras.errors import InputError
from bit_keras.export.extras import extra


def test_a_module_that_is_there_is_imported():
    assert extra("xml.dom", "xml", "Reading") is sys.modules["xml.dom"]


def test_a_module_that_is_not_there_is_told_with_its_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "xml.dom", None)
    with pytest.raises(InputError, match="^Reading needs the package some-xml: pip in"):
        extra("xml.dom", "some-xml", "Reading")
