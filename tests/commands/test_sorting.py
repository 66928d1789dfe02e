import os

import pytest

from bit_keras.commands.sorting import outside, sort_into
from bit_keras.errors import InputError


@pytest.fixture
def photo(tmp_path):
    """Gives a function: path below the folder of the test, contents -> that file."""

    def write(name, contents="a"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(contents)
        return path

    return write


def sorted_files(folder):
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


def test_a_photograph_is_linked_into_the_folder_of_its_class(photo, tmp_path):
    path = photo("in/a.jpg")
    assert sort_into(tmp_path / "out", [(path, ["cat"])]) == (1, 0)
    assert (tmp_path / "out" / "cat" / "a.jpg").samefile(path)


def test_a_photograph_of_several_classes_stands_in_each(photo, tmp_path):
    assert sort_into(tmp_path / "out", [(photo("a.jpg"), ["cat", "dog"])]) == (2, 0)
    assert sorted_files(tmp_path / "out") == {"cat/a.jpg", "dog/a.jpg"}


def test_where_no_link_can_be_made_the_file_is_copied(photo, tmp_path, monkeypatch):
    def link(*args):
        raise OSError("no links here")

    monkeypatch.setattr(os, "link", link)
    path = photo("a.jpg", "pixels")
    sort_into(tmp_path / "out", [(path, ["cat"])])
    copy = tmp_path / "out" / "cat" / "a.jpg"
    assert copy.read_text() == "pixels"
    assert not copy.samefile(path)
    assert sorted_files(tmp_path / "out") == {"cat/a.jpg"}


def test_what_is_there_already_stays(photo, tmp_path):
    rows = [(photo("a.jpg"), ["cat"])]
    sort_into(tmp_path / "out", rows)
    assert sort_into(tmp_path / "out", rows) == (0, 1)
    assert sorted_files(tmp_path / "out") == {"cat/a.jpg"}


def test_nothing_is_overwritten(photo, tmp_path):
    photo("out/cat/a.jpg", "other")
    photo("out/cat/a-2.jpg", "another")
    sort_into(tmp_path / "out", [(photo("a.jpg", "new"), ["cat"])])
    texts = {p.name: p.read_text() for p in (tmp_path / "out" / "cat").iterdir()}
    assert texts == {"a.jpg": "other", "a-2.jpg": "another", "a-3.jpg": "new"}


def test_a_link_is_sorted_as_the_file_it_names(photo, tmp_path):
    path = photo("in/a.jpg")
    (tmp_path / "link.jpg").symlink_to(path)
    sort_into(tmp_path / "out", [(tmp_path / "link.jpg", ["cat"])])
    made = tmp_path / "out" / "cat" / "link.jpg"
    assert not made.is_symlink()
    assert made.samefile(path)


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("a/b", "a%2Fb"),
        ("..", ".%2E"),
        (".", "%2E"),
        ("", "%"),
        ("c:\\d", "c%3A%5Cd"),
        ("100%", "100%25"),
        ("x ", "x%20"),
        ("größer", "größer"),
    ],
)
def test_every_class_is_a_folder_in_this_one(photo, tmp_path, name, folder):
    sort_into(tmp_path / "out", [(photo("a.jpg"), [name])])
    assert sorted_files(tmp_path / "out") == {f"{folder}/a.jpg"}


def test_what_was_sorted_is_not_sorted_again(photo, tmp_path):
    new, old = photo("in/a.jpg"), photo("in/out/cat/b.jpg")
    assert outside([new, old], tmp_path / "in" / "out") == [new]
    with pytest.raises(InputError, match="All of these photographs lie in"):
        outside([old], tmp_path / "in" / "out")


def test_a_file_in_the_place_of_a_folder_is_refused(photo, tmp_path):
    photo("out/cat")
    with pytest.raises(InputError, match="cat' cannot be made"):
        sort_into(tmp_path / "out", [(photo("a.jpg"), ["cat"])])
