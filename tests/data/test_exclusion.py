import os

import numpy as np
import pytest

from bit_keras.data import ImageData
from bit_keras.data.exclusion import names_to_exclude, without
from bit_keras.data.folders import open_folder
from bit_keras.data.record_stream import RecordStream
from bit_keras.errors import InputError


@pytest.fixture
def listed(tmp_path):
    """Gives a function: lines -> the path of a file of them."""

    def write(*lines):
        path = tmp_path / "exclude.txt"
        path.write_text("\n".join(map(str, lines)), encoding="utf-8")
        return path

    return write


def names(data):
    return [path.split("photos/")[1] for path in data.parts["train"].paths]


KEPT = ["blue/1.jpg", "green/0.jpg", "green/1.jpg", "red/0.jpg", "red/1.jpg"]


def test_of_a_csv_the_rows_that_say_yes_count_unless_the_image_is_bad(listed):
    path = listed("exclude,file,verdict", "yes,a,good", ",b,good", "yes,c,bad")
    assert names_to_exclude(path) == ["a"]


@pytest.mark.parametrize(
    "lines",
    [
        ["file;verdict;exclude", "a;good;yes", "b;good;"],
        ['"file","exclude"', '"a","yes"'],
        ["exclude,file", "YES,a", "yes"],
    ],
)
def test_a_csv_counts_as_a_spreadsheet_saves_it(listed, lines):
    assert names_to_exclude(listed(*lines)) == ["a"]


def test_a_csv_without_rows_names_nothing(listed):
    assert names_to_exclude(listed("file,verdict,exclude")) == []


def test_a_quote_without_its_other_half_is_refused(listed):
    with pytest.raises(InputError, match="a quote around a cell needs its other half"):
        names_to_exclude(listed("file,exclude", '"a,yes', "b,yes"))


def test_a_text_of_another_encoding_is_refused(tmp_path):
    path = tmp_path / "powershell.txt"
    path.write_text("a.jpg", encoding="utf-16")
    with pytest.raises(InputError, match="is no text in UTF-8; save it as such"):
        names_to_exclude(path)


def test_of_a_text_every_line_counts(listed):
    assert names_to_exclude(listed("a b.jpg", "", "  c,d.jpg ")) == [
        "a b.jpg",
        "c,d.jpg",
    ]


@pytest.mark.parametrize("form", ["whole", "below", "link", "relative"])
def test_a_file_is_known_by_any_path_to_it(photos, listed, tmp_path, monkeypatch, form):
    monkeypatch.chdir(tmp_path)
    os.symlink(photos, tmp_path / "link")
    name = {
        "whole": photos / "blue" / "0.jpg",
        "below": "blue/0.jpg",
        "link": tmp_path / "link" / "blue" / "0.jpg",
        "relative": "photos/green/../blue/0.jpg",
    }[form]
    data = without(open_folder(photos, "skip"), listed(name, "unknown.jpg"))
    assert names(data) == KEPT
    assert data.notes[-1].endswith("exclude.txt' says; 1 of its names are of none.")


def test_rows_are_known_by_their_names_and_test_images_stay(image_data, listed):
    data = without(image_data(train=6, test=6), listed("row 1", "row 4", "row 40"))
    assert data.parts["train"].labels.tolist() == [0, 0, 1, 1]
    assert data.parts["test"].count == 6
    assert data.notes[-1].startswith("2 training images are left out, as ")


def test_records_of_a_stream_are_left_out_of_it(listed):
    stream = RecordStream(("a", "b"), (3, 2), lambda record: (record,))
    data = ImageData("large", (), {"train": stream}, (4, 6))
    few = without(data, listed("record 1", "record 4")).parts["train"]
    assert few.lengths == (2, 1)
    assert few.left_out == ((1,), (1,))


def test_a_table_that_excludes_nothing_changes_nothing(image_data, listed):
    data = without(image_data(train=4), listed("file,exclude", "row 1,"))
    assert data.parts["train"].count == 4
    assert data.notes[-1].startswith("0 training images are left out")


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["row 6", "x"], "None of the 2 names .* such as 'row 6'"),
        (["row 0", "row 2", "row 4"], "no training images of the classes 'a'"),
        ([f"row {n}" for n in range(6)], "leaves no training images; exclude fewer"),
    ],
)
def test_what_would_leave_nothing_or_all_is_refused(image_data, listed, lines, words):
    with pytest.raises(InputError, match=words):
        without(image_data(train=6), listed(*lines))


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(InputError, match="There is no file .* for --exclude"):
        names_to_exclude(tmp_path / "gone.csv")
    with pytest.raises(InputError, match="pipe or a device"):
        names_to_exclude(os.devnull)
    with pytest.raises(InputError, match="There is no file '' for --exclude"):
        names_to_exclude("")


def test_images_excluded_by_name_keep_the_numbers_of_others(image_data, listed):
    data = image_data(train=6)
    levels = np.arange(6, dtype="uint8").reshape(6, 1, 1, 1)
    data.parts["train"].pixels[:] = levels
    kept = without(data, listed("row 2")).parts["train"]
    assert kept.pixels[:, 0, 0, 0].tolist() == [0, 1, 3, 4, 5]
