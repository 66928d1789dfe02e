import os

import pytest

from bit_keras import files
from bit_keras.errors import InputError
from bit_keras.files import remove_parts, replacing, require_regular


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_text_is_written_as_utf8(tmp_path):
    files.write(tmp_path / "notes.txt", "é\n")
    assert (tmp_path / "notes.txt").read_bytes() == b"\xc3\xa9\n"


def test_a_file_name_that_is_no_utf8_keeps_its_bytes(tmp_path):
    files.write(tmp_path / "notes.txt", b"caf\xe9".decode("utf-8", "surrogateescape"))
    assert (tmp_path / "notes.txt").read_bytes() == b"caf\xe9"


def test_plain_data_is_written_as_json(tmp_path):
    files.write(tmp_path / "notes.json", {"é": [1]})
    text = (tmp_path / "notes.json").read_text("utf-8")
    assert text == '{\n  "é": [\n    1\n  ]\n}'


def test_folders_are_made(tmp_path):
    files.write(tmp_path / "a" / "b" / "notes.txt", "")
    assert names(tmp_path / "a" / "b") == ["notes.txt"]


@pytest.mark.parametrize("end", [KeyboardInterrupt, ZeroDivisionError])
def test_a_broken_writing_leaves_the_file_before_it(tmp_path, end):
    files.write(tmp_path / "model.keras", b"whole")

    def write():
        with replacing(tmp_path / "model.keras") as partial:
            partial.write_bytes(b"ha")
            raise end

    with pytest.raises(end):
        write()
    assert names(tmp_path) == ["model.keras"]
    assert (tmp_path / "model.keras").read_bytes() == b"whole"


def test_a_half_written_file_hides_in_the_same_folder_with_its_suffix(tmp_path):
    # Keras goes by the suffix, and only within a folder is renaming sure to work.
    with replacing(tmp_path / "model.keras") as partial:
        assert partial.parent == tmp_path
        assert partial.suffix == ".keras"
        assert partial.name.startswith(".")
        partial.touch()


def test_a_place_that_cannot_be_written_is_wrong_input(tmp_path):
    (tmp_path / "notes").touch()
    with pytest.raises(InputError, match="/notes/a' cannot be written: "):
        files.write(tmp_path / "notes" / "a", "")
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match="folder' cannot be written: Is a directory"):
        files.write(tmp_path / "folder", "")
    assert names(tmp_path) == ["folder", "notes"]


def half_a_folder(path):
    with replacing(path) as partial:
        partial.mkdir()
        (partial / "a").touch()
        raise ZeroDivisionError


def test_a_folder_is_there_whole_or_not_at_all(tmp_path):
    with replacing(tmp_path / "whole") as partial:
        partial.mkdir()
        (partial / "a").touch()
    with pytest.raises(ZeroDivisionError):
        half_a_folder(tmp_path / "half")
    assert names(tmp_path) == ["whole"]
    assert names(tmp_path / "whole") == ["a"]


def test_cache_folder_is_named_by_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("BIT_KERAS_HOME", str(tmp_path / "here"))
    assert files.cache_folder() == tmp_path / "here"


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
    monkeypatch.setattr(files.sys, "platform", platform)
    assert files.cache_folder().as_posix() == expected


def test_what_killed_processes_left_is_removed_files_and_folders(tmp_path):
    export = tmp_path / "exports" / ".part-7-1"
    export.mkdir(parents=True)
    (export / "saved_model.pb").touch()
    (tmp_path / ".part-8-model.keras").touch()
    (tmp_path / "notes.txt").touch()
    remove_parts(tmp_path)
    assert names(tmp_path) == ["exports", "notes.txt"]
    assert names(tmp_path / "exports") == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no such pipes")
def test_a_pipe_is_no_file(tmp_path):
    os.mkfifo(tmp_path / "pipe.jpg")
    with pytest.raises(InputError, match="pipe.jpg' is a pipe or a device, not a file"):
        require_regular(tmp_path / "pipe.jpg")
    (tmp_path / "file.jpg").touch()
    require_regular(tmp_path / "file.jpg")


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(InputError, match="is a folder; name a file in it"):
        require_regular(tmp_path)
