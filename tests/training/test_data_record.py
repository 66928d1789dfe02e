import dataclasses
import os
import shutil

import pytest

from bit_keras.data import open_dataset
from bit_keras.errors import InputError
from bit_keras.training import data_record
from bit_keras.training.run_folder import Run


@pytest.fixture
def photos(write_pictures, tmp_path):
    return write_pictures(tmp_path / "photos", 5)


@pytest.fixture
def run(photos, run_on):
    return run_on(open_dataset(photos))


def changes(run, photos):
    return data_record.changes(run, open_dataset(photos))


def test_nothing_is_said_of_the_same_data_elsewhere_and_later(run, photos, tmp_path):
    shutil.copytree(photos, tmp_path / "moved" / "photos")
    for path in (tmp_path / "moved" / "photos").rglob("*.jpg"):
        os.utime(path, (0, 0))
    assert changes(run, tmp_path / "moved" / "photos") == ""


def test_a_renamed_class_is_named(run, photos):
    (photos / "green").rename(photos / "alpaca")
    assert changes(run, photos) == (
        "classes that are gone: 'green'; new ones: 'alpaca'"
    )


def test_swapped_class_folders_are_other_contents(run, photos):
    (photos / "green").rename(photos / "rest")
    (photos / "red").rename(photos / "green")
    (photos / "rest").rename(photos / "red")
    assert changes(run, photos).startswith("10 are with other contents, the first is")


def test_one_changed_image_is_named(run, photos):
    shutil.copy(photos / "red" / "0.jpg", photos / "green" / "3.jpg")
    assert changes(run, photos) == (
        "1 is with other contents, the first is 'green/3.jpg'"
    )


def test_what_is_gone_and_what_is_new_are_named(run, photos):
    (photos / "red" / "4.jpg").rename(photos / "red" / "5.jpg")
    assert changes(run, photos) == (
        "1 is gone, the first is 'red/4.jpg'; 1 is new, the first is 'red/5.jpg'"
    )


def test_an_image_of_another_class_is_named(write_pictures, run_on, tmp_path):
    photos = write_pictures(tmp_path / "photos", 2)
    table = tmp_path / "table.csv"
    lines = [
        f"{path.relative_to(tmp_path)},{path.parent.name},{split}"
        for path in sorted(photos.rglob("*.jpg"))
        for split in ["train" if path.stem == "0" else "test"]
    ]
    table.write_text("\n".join([*lines, "photos/red/0.jpg,red,train"]))
    run = run_on(open_dataset(table))
    table.write_text("\n".join([*lines, "photos/red/0.jpg,green,train"]))
    assert (
        changes(run, table) == "1 is of another class, the first is 'photos/red/0.jpg'"
    )


def test_an_unfinished_run_on_other_data_is_refused_with_what_to_do(run, photos):
    (photos / "red" / "4.jpg").unlink()
    with pytest.raises(InputError) as refused:
        data_record.require_same(run, open_dataset(photos), {})
    assert str(refused.value) == (
        f"The data have changed since the run in '{run.folder}' began, so it cannot go "
        "on: 1 is gone, the first is 'red/4.jpg'. Restore them, or choose another "
        "--output to start anew."
    )


def test_a_damaged_record_is_told_with_what_to_do(run, photos):
    run.write(data_record.FILE, "split,example,classes,content\ntrain,red/0.jpg\n")
    with pytest.raises(InputError, match="a row has other cells than .* restore it"):
        changes(run, photos)


def without_record(run, **fields):
    """The run as an older version wrote it."""
    (run.folder / data_record.FILE).unlink()
    run.write("run.json", {**dataclasses.asdict(run.info), **fields})
    return Run(run.folder)


def test_a_lost_listing_still_leaves_the_fingerprint(run, photos):
    run = without_record(run)
    assert changes(run, photos) == ""
    shutil.copy(photos / "red" / "0.jpg", photos / "green" / "3.jpg")
    assert "data.csv', which named them, is missing" in changes(run, photos)


def test_a_run_of_before_the_listing_goes_by_classes_and_numbers(run, photos):
    run = without_record(run, train_fingerprint="0123456789abcdef")
    assert changes(run, photos) == ""
    (photos / "red" / "4.jpg").unlink()
    assert changes(run, photos).startswith("it was 'photos: 12 train, 3 test images")
    (photos / "red").rename(photos / "alpaca")
    assert "new ones: 'alpaca'" in changes(run, photos)
