import io

import pytest
from PIL import Image

from bit_keras.data import copies
from bit_keras.data.copies import readable
from bit_keras.errors import InputError


@pytest.fixture(autouse=True)
def folder(monkeypatch, tmp_path):
    """The folder of the copies, empty."""
    monkeypatch.setenv("BIT_KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(copies, "_room", 0)
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


def test_the_oldest_copies_make_room(folder, monkeypatch):
    length = len(readable(tiff("red")))
    monkeypatch.setattr(copies, "_room", 0)
    monkeypatch.setattr(copies, "LIMIT", 3 * length)
    monkeypatch.setattr(copies, "_STEP", length)
    for number in range(8):
        readable(tiff((number, 0, 0)))
        assert len(list(folder.iterdir())) <= 4
    assert readable(tiff((7, 0, 0))) in [path.read_bytes() for path in folder.iterdir()]


def test_where_nothing_can_be_kept_all_goes_on(folder):
    folder.write_text("a file in the place of the folder")
    assert readable(tiff("red")).startswith(b"\x89PNG")


def test_damaged_photographs_are_told():
    with pytest.raises(InputError, match="damaged"):
        readable(tiff("red")[:50])
