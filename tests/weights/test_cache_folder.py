import pytest

from bit_keras.weights import download
from bit_keras.weights.download import cache_folder, published


def test_cache_folder_is_named_by_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("BIT_KERAS_HOME", str(tmp_path / "here"))
    assert cache_folder() == tmp_path / "here"


@pytest.mark.parametrize(
    ("platform", "variable", "value", "expected"),
    [
        ("linux", "XDG_CACHE_HOME", "/big", "/big/bit_keras"),
        ("linux", "XDG_CACHE_HOME", "", "/home/me/.cache/bit_keras"),
        ("darwin", "XDG_CACHE_HOME", "", "/home/me/Library/Caches/bit_keras"),
        ("win32", "LOCALAPPDATA", "/local", "/local/bit_keras"),
    ],
)
def test_cache_folder_follows_the_platform(
    monkeypatch, platform, variable, value, expected
):
    monkeypatch.delenv("BIT_KERAS_HOME", raising=False)
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.setenv(variable, value)
    monkeypatch.setattr(download.sys, "platform", platform)
    assert cache_folder().as_posix() == expected


def test_published_file_lies_below_the_cache_by_its_name(monkeypatch, tmp_path):
    monkeypatch.setenv("BIT_KERAS_HOME", str(tmp_path))
    path = tmp_path / "weights" / "vtab" / "BiT-M-R50x1-run0-dtd.npz"
    path.parent.mkdir(parents=True)
    path.touch()
    assert published("BiT-M-R50x1-run0-dtd") == path
