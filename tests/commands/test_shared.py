import csv

import pytest

from bit_keras.commands import shared
from bit_keras.errors import InputError


def test_a_file_in_a_folder_that_is_there_has_a_place(tmp_path):
    shared.require_place(tmp_path / "answers.csv")


def test_a_folder_is_no_place_for_a_file(tmp_path):
    with pytest.raises(InputError, match="is a folder; name a file in it"):
        shared.require_place(tmp_path)


def test_a_place_in_no_folder_is_refused(tmp_path):
    with pytest.raises(InputError, match="no folder '.*gone' to write 'a.csv' to"):
        shared.require_place(tmp_path / "gone" / "a.csv")


def test_folders_are_made_where_they_are_not_there(tmp_path):
    for _ in range(2):
        assert shared.make_folder(tmp_path / "a" / "b").is_dir()


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="file/a' cannot be made: Not a directory"):
        shared.make_folder(tmp_path / "file" / "a")


def test_rows_are_written_so_that_they_are_read_back(tmp_path, capsys):
    rows = [["path", "class"], ['odd, "name".jpg', "größer\nthan"]]
    shared.write_csv(tmp_path / "a.csv", rows)
    with (tmp_path / "a.csv").open(newline="", encoding="utf-8") as file:
        assert list(csv.reader(file)) == rows
    assert capsys.readouterr().out == f"Wrote {tmp_path / 'a.csv'}\n"


def test_files_that_were_left_out_are_named_beside_the_answers(capsys):
    shared.tell_unread([("a.jpg", "empty"), ("b.jpg", "not an image")])
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == "Left out: a.jpg: empty\nLeft out: b.jpg: not an image\n"
