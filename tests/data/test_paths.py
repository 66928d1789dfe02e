import ntpath
import types
import unicodedata
from pathlib import PureWindowsPath

import pytest

from bit_keras.data import paths
from bit_keras.data.paths import one_form, path_below, root_of


def test_names_have_one_unicode_form():
    decomposed = unicodedata.normalize("NFD", "café")
    assert one_form(decomposed) == one_form("café") == "café"


def test_a_path_is_named_from_the_root(tmp_path):
    assert path_below(tmp_path / "cat" / "0.jpg", tmp_path) == "cat/0.jpg"
    assert path_below("cat/0.jpg", "") == "cat/0.jpg"


@pytest.mark.parametrize(
    ("files", "root"),
    [
        (["/data/cat/0.jpg", "/data/1.jpg"], "/data"),
        (["/data/cat/0.jpg", "/elsewhere/dog/1.jpg"], "/"),
        (["/disk/cat/0.jpg", "/disk/dog/1.jpg"], "/disk"),
        (["/database/cat/0.jpg", "/database/cat/1.jpg"], "/database/cat"),
    ],
)
def test_the_root_is_the_folder_or_what_all_files_lie_below(files, root):
    assert root_of("/data", files) == root


@pytest.fixture
def windows(monkeypatch):
    monkeypatch.setattr(paths, "os", types.SimpleNamespace(path=ntpath))
    monkeypatch.setattr(paths, "Path", PureWindowsPath)


@pytest.mark.parametrize(
    ("files", "root"),
    [
        (["C:\\data\\cat\\0.jpg", "C:\\data\\1.jpg"], "C:\\data"),
        (["C:\\disk\\cat\\0.jpg", "C:\\disk\\dog\\1.jpg"], "C:\\disk"),
        (["C:\\data\\cat\\0.jpg", "D:\\data\\cat\\0.jpg"], ""),
    ],
)
def test_the_root_is_found_on_the_drives_of_windows(windows, files, root):
    assert root_of("C:\\data", files) == root


def test_a_path_of_windows_is_named_with_slashes(windows):
    assert path_below("C:\\data\\cat\\0.jpg", "C:\\data") == "cat/0.jpg"
    assert path_below("D:\\data\\cat\\0.jpg", "") == "D:/data/cat/0.jpg"
