import unicodedata

import pytest

from bit_keras.data.paths import one_form, path_below, root_of


def test_names_have_one_unicode_form():
    decomposed = unicodedata.normalize("NFD", "café")
    assert one_form(decomposed) == one_form("café") == "café"


def test_a_path_is_named_from_the_root(tmp_path):
    assert path_below(tmp_path / "cat" / "0.jpg", tmp_path) == "cat/0.jpg"
    assert path_below("cat/0.jpg", "") == "cat/0.jpg"


@pytest.mark.parametrize(
    ("paths", "root"),
    [
        (["/data/cat/0.jpg", "/data/1.jpg"], "/data"),
        (["/data/cat/0.jpg", "/elsewhere/dog/1.jpg"], "/"),
        (["/disk/cat/0.jpg", "/disk/dog/1.jpg"], "/disk"),
        (["/database/cat/0.jpg", "/database/cat/1.jpg"], "/database/cat"),
    ],
)
def test_the_root_is_the_folder_or_what_all_files_lie_below(paths, root):
    assert root_of("/data", paths) == root
