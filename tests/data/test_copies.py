import io
import os

import pytest
from PIL import Image

from bit_keras.data import copies
from bit_keras.data.copies import readable
from bit_keras.errors import InputError


@pytest.fixture(autouse=True)
def folder(monkeypatch, tmp_path):
    """The folder of the copies, empty."""
    monkeypatch.setenv("BIT_KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(copies, "_before_look", 0)
    return tmp_path / "converted"


def tiff(colour):
    file = io.BytesIO()
    Image.new("RGB", (30, 20), colour).save(file, "TIFF")
    return file.getvalue()


def test_what_tensorflow_decodes_stays_as_it_is(folder):
    assert readable(b"\xff\xd8\xff") == b"\xff\xd8\xff"
    assert not folder.exists()


def test_a_photograph_is_converted_once(folder, monkeypatch):
    first = readable(tiff("red"))
    monkeypatch.setattr(copies, "to_png", None)
    assert readable(tiff("red")) == first
    assert len(list(folder.iterdir())) == 1
    assert copies.size() == len(first)


def test_a_copy_is_known_by_its_contents():
    assert readable(tiff("red")) != readable(tiff("blue"))


@pytest.mark.parametrize("damage", [lambda path: path.unlink(), lambda path: cut(path)])
def test_a_copy_that_is_gone_or_cut_is_made_anew(folder, damage):
    first = readable(tiff("red"))
    (copy,) = folder.iterdir()
    damage(copy)
    assert readable(tiff("red")) == first
    assert copy.read_bytes() == first


def cut(path):
    path.write_bytes(path.read_bytes()[:20])


@pytest.fixture
def room_for_three(folder, monkeypatch):
    """Room for three copies of `tiff`, of which there are two: red, then blue."""
    length = len(readable(tiff("red"))) + 20  # no two are of quite the same length
    readable(tiff("blue"))
    for age, path in enumerate(sorted(folder.iterdir(), key=os.path.getmtime)):
        os.utime(path, (age, age))
    monkeypatch.setattr(copies, "LIMIT", 3 * length)
    monkeypatch.setattr(copies, "_STEP", length)
    monkeypatch.setattr(copies, "_before_look", 0)


def kept(folder, *colours):
    """Which of the photographs have a copy, each then used again."""
    contents = [path.read_bytes() for path in folder.iterdir()]
    return [colour for colour in colours if readable(tiff(colour)) in contents]


@pytest.mark.usefixtures("room_for_three")
def test_copies_that_were_not_used_for_longest_make_room(folder):
    readable(tiff("red"))
    for colour in ("lime", "gold"):
        readable(tiff(colour))
    assert kept(folder, "red", "lime", "gold", "blue") == ["red", "lime", "gold"]


@pytest.mark.usefixtures("room_for_three")
def test_copies_that_the_process_uses_stay_where_there_are_too_many(folder):
    colours = ["red", "blue", "lime", "gold", "pink"]
    for colour in colours * 2:
        assert readable(tiff(colour)).startswith(b"\x89PNG")
    assert kept(folder, *colours) == ["red", "blue", "lime"]


def test_where_nothing_can_be_kept_all_goes_on(folder):
    folder.write_text("a file in the place of the folder")
    assert readable(tiff("red")).startswith(b"\x89PNG")


def test_copies_of_another_user_are_read(monkeypatch):
    first = readable(tiff("red"))

    def refuse(path):
        raise PermissionError(path)

    monkeypatch.setattr(copies, "to_png", None)
    monkeypatch.setattr(copies.os, "utime", refuse)
    assert readable(tiff("red")) == first


def test_damaged_photographs_are_told():
    with pytest.raises(InputError, match="damaged"):
        readable(tiff("red")[:50])
