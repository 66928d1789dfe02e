"""Lists of files as folders and CSVs give them."""

import pytest

from bit_keras.data.image_files import checked
from bit_keras.errors import InputError


@pytest.fixture
def photos(write_pictures, tmp_path):
    """Two pictures each, of the classes blue, green and red."""
    return write_pictures(tmp_path / "photos", 2)


@pytest.fixture
def rows(photos):
    """(path, labels) of every picture."""
    return [(path, (path.parent.name,)) for path in sorted(photos.glob("*/*.jpg"))]


CLASSES = ["blue", "green", "red"]


def test_labels_are_numbers_in_the_order_of_the_classes(rows):
    data = checked("mine", "there", {"train": rows}, CLASSES, "skip")
    assert data.class_names == ("blue", "green", "red")
    assert data.parts["train"].labels.tolist() == [0, 0, 1, 1, 2, 2]
    assert data.image_size == (24, 30)


def test_bad_images_are_left_out_and_kept_in_mind(rows):
    rows[1][0].write_bytes(b"")
    rows[4][0].write_text("<html>")
    data = checked("mine", "there", {"train": rows}, CLASSES, "skip")
    assert [verdict.path for verdict in data.bad] == [rows[1][0], rows[4][0]]
    assert data.parts["train"].labels.tolist() == [0, 1, 1, 2]
    with pytest.raises(InputError, match="2 of the images of 'there' .*, the first is"):
        checked("mine", "there", {"train": rows}, CLASSES, "fail")


def test_the_second_look_at_files_decodes_nothing(rows, monkeypatch):
    checked("mine", "there", {"train": rows}, CLASSES, "skip")

    def fail(paths):
        raise AssertionError("decoded again")

    monkeypatch.setattr("bit_keras.data.check._decode_all", fail)
    data = checked("mine", "there", {"train": rows}, CLASSES, "skip")
    assert data.parts["train"].count == 6


def test_files_without_labels_become_images_alone(rows):
    rows = [(path, ()) for path, _ in rows]
    data = checked("mine", "there", {"train": rows, "val": rows[:1]}, None, "skip")
    assert data.class_names == ()
    assert not data.labelled
    assert [part.count for part in data.parts.values()] == [6, 1]
    rows[0][0].write_bytes(b"")
    with pytest.raises(InputError, match="None of the images in the val part of 'the"):
        checked("mine", "there", {"train": rows, "val": rows[:1]}, None, "skip")
