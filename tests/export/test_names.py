from pathlib import PureWindowsPath

import pytest

from bit_keras.errors import InputError
from bit_keras.export import names
from bit_keras.export.names import FORMAT_NAMES, require_no_pattern
from bit_keras.export.writing import FORMATS


def test_the_command_line_names_every_format():
    assert list(FORMATS) == FORMAT_NAMES


@pytest.mark.parametrize("path", ["a[b]/1", "a[b/c]d", "[]/1", "back\\slash"])
def test_a_path_that_tensorflow_takes_for_a_pattern_is_refused(path):
    with pytest.raises(InputError, match="takes for a pattern of names; name a folder"):
        require_no_pattern(path)


@pytest.mark.parametrize("path", ["a[b", "a]b", "a*b?", "a{b}", "ä b", "served/1"])
def test_other_paths_are_taken(path):
    require_no_pattern(path)


def test_backslashes_between_folders_are_taken_on_windows(monkeypatch):
    monkeypatch.setattr(names, "Path", PureWindowsPath)
    require_no_pattern("C:\\served\\pets\\1")
    with pytest.raises(InputError, match="takes for a pattern"):
        require_no_pattern("C:\\served [old]\\1")
