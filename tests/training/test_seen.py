import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bit_keras.data import open_dataset, with_validation_part
from bit_keras.data.images import read
from bit_keras.recipes import Recipe
from bit_keras.training.data_record import FILE
from bit_keras.training.named_data import NamedData
from bit_keras.training.seen import unseen


@pytest.fixture
def photos(write_pictures, tmp_path):
    return write_pictures(tmp_path / "photos", 5)


@pytest.fixture
def trained(run_on):
    """Gives a function: data set, evaluate_every -> `Run` on it."""

    def run(dataset, every=0):
        data = open_dataset(dataset)
        recipe = Recipe(resize=8, crop=8, steps=9, evaluate_every=every)
        typed = dataclasses.asdict(NamedData(str(dataset)))
        return run_on(with_validation_part(data, 0) if every else data, typed, recipe)

    return run


def all_of(folder):
    return open_dataset(folder, tested_by=()).part("test")


def held_out(folder):
    """The images that a run on an undivided folder was not trained on."""
    return {Path(path).read_bytes() for path in open_dataset(folder).part("test").paths}


def left(run, part):
    """What is left of files, as their contents."""
    return {Path(part.paths[position]).read_bytes() for position in unseen(run, part)}


def test_what_is_left_are_the_images_that_were_held_out(trained, photos):
    assert left(trained(photos), all_of(photos)) == held_out(photos)


def test_images_of_before_the_data_changed_are_known(trained, photos, tmp_path, capsys):
    run, before = trained(photos), held_out(photos)
    copy = shutil.copytree(photos, tmp_path / "copy")
    for number in range(4):
        picture = Image.new("RGB", (30, 24), (number, 0, 0))
        picture.save(photos / "blue" / f"-{number}.jpg")
    assert held_out(photos) != before  # the split is drawn anew
    assert left(run, all_of(copy)) == before
    assert capsys.readouterr().err == ""


def test_images_are_known_when_the_data_are_gone(trained, photos, tmp_path, capsys):
    run, before = trained(photos), held_out(photos)
    photos.rename(tmp_path / "moved")
    assert left(run, all_of(tmp_path / "moved")) == before
    assert capsys.readouterr().err == ""


def test_images_that_a_run_chose_by_are_known_too(trained, photos):
    run = trained(photos, every=3)
    assert left(run, all_of(photos)) == held_out(photos)


def test_of_a_run_without_a_record_the_data_are_looked_at(trained, photos, capsys):
    run = trained(photos)
    (run.folder / FILE).unlink()
    assert left(run, all_of(photos)) == held_out(photos)
    photos.rename(photos.with_name("moved"))
    assert len(unseen(run, all_of(photos.with_name("moved")))) == 15
    assert "Attention: the images cannot be compared" in capsys.readouterr().err


def arrays_of(folder, path):
    files = sorted(folder.glob("*/*.jpg"))
    images = np.stack([read(str(file)) for file in files])
    np.savez(path, x_train=images, y_train=[file.parent.name for file in files])
    return path


def test_files_and_arrays_are_compared_by_their_pixels(trained, photos, tmp_path):
    run = trained(arrays_of(photos, tmp_path / "photos.npz"))
    assert left(run, all_of(photos)) == held_out(photos)


def test_arrays_are_known_when_the_data_have_changed(
    trained, photos, write_pictures, tmp_path
):
    path = arrays_of(photos, tmp_path / "photos.npz")
    run, part = trained(path), all_of(path)
    before = unseen(run, part)
    assert len(before) == 3
    arrays_of(write_pictures(tmp_path / "more", 8), path)
    assert unseen(run, part) == before


def test_pixels_of_data_that_are_gone_are_told_to_be_unknown(
    trained, photos, tmp_path, capsys
):
    path = arrays_of(photos, tmp_path / "photos.npz")
    run = trained(path)
    path.unlink()
    assert len(unseen(run, all_of(photos))) == 15
    assert "Attention: the images cannot be compared" in capsys.readouterr().err
