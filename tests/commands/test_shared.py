import argparse
import csv
import os
import subprocess
import sys

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


@pytest.mark.parametrize(
    ("model", "weights", "brought"),
    [
        ("BiT-M-R50x1", None, ["BiT-M-R50x1"]),
        ("bit_r50x1", "bit-s-r50x1", ["BiT-S-R50x1"]),
        ("bit_r50x1", None, []),
        ("BiT-M-R50x9", None, []),
        ("BiT-M-R50x1", __file__, []),
        (None, None, []),
    ],
)
def test_published_weights_that_are_named_are_brought(
    model, weights, brought, monkeypatch
):
    found = []
    monkeypatch.setattr("bit_keras.weights.published", found.append)
    shared.bring_weights(argparse.Namespace(model=model, weights=weights))
    assert found == brought


def test_weights_are_brought_before_tensorflow_is_imported():
    """In a process of its own, because this one has imported it."""
    code = (
        "import sys; from bit_keras import commands, weights\n"
        "def published(name): sys.exit(f'imported: {\"tensorflow\" in sys.modules}')\n"
        "weights.published = published\n"
        "commands.main(['finetune', '--dataset', 'digits'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stderr == "imported: False\n"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no such pipes")
def test_no_file_takes_the_place_of_a_pipe_or_device(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(InputError, match="is a pipe or a device; name a file"):
        shared.require_place(tmp_path / "pipe.csv")
