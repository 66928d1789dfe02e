import numpy as np
import pytest
from PIL import Image, ImageEnhance
from scenes import scene, written

from bit_keras.data import open_dataset
from bit_keras.errors import InputError
from bit_keras.forms import FORMS


def test_the_digits_need_neither_path_nor_network():
    data = open_dataset("digits")
    assert data.class_names == tuple("0123456789")
    assert data.image_size == (8, 8)
    assert data.parts["train"].count + data.parts["test"].count == 1797


def test_an_existing_path_wins_over_a_name(write_pictures, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_pictures(tmp_path / "digits", 2, names=["blue", "red"])
    assert open_dataset("digits").class_names == ("blue", "red")
    with pytest.raises(InputError, match="nor a data set of TensorFlow Datasets"):
        open_dataset("tfds:digits")


def test_the_form_is_told_from_the_path(write_pictures, tmp_path):
    photos = write_pictures(tmp_path / "photos", 2)
    (tmp_path / "list.CSV").write_text(
        "".join(f"photos/{c}/{i}.jpg,{c}\n" for c in ("blue", "red") for i in (0, 1))
    )
    pixels = np.arange(6 * 64, dtype="uint8").reshape(6, 8, 8)
    np.savez(tmp_path / "arrays.npz", x_train=pixels, y_train=np.arange(6) % 3)
    assert open_dataset(photos).class_names == ("blue", "green", "red")
    assert open_dataset(tmp_path / "list.CSV").class_names == ("blue", "red")
    assert open_dataset(tmp_path / "arrays.npz").class_names == ("0", "1", "2")


def test_a_file_of_another_form_is_refused_with_all_forms(tmp_path):
    (tmp_path / "notes.txt").touch()
    with pytest.raises(InputError) as refusal:
        open_dataset(tmp_path / "notes.txt")
    for form in FORMS:
        assert form in str(refusal.value)


@pytest.mark.parametrize("name", ["a/b", "a\\b", "photos.csv", "photos.npz"])
def test_a_path_that_is_none_is_not_looked_up_among_names(name):
    with pytest.raises(InputError, match="There is no file or folder"):
        open_dataset(name)


def test_an_empty_name_is_not_this_folder():
    with pytest.raises(InputError, match="--dataset is empty"):
        open_dataset("")


def test_an_unsplit_set_gives_a_fifth_of_every_class_for_testing(pictures):
    data = open_dataset(pictures)
    train, test = data.parts["train"], data.parts["test"]
    assert np.bincount(train.labels).tolist() == [8, 8, 8]
    assert np.bincount(test.labels).tolist() == [2, 2, 2]
    assert not set(train.paths) & set(test.paths)
    assert data.notes[0].startswith("No test split was given: 6 of 30 images, 20%")


def test_the_split_is_drawn_by_the_seed(pictures):
    first, again, other = (
        open_dataset(pictures, seed=seed).parts["test"].paths for seed in (0, 0, 1)
    )
    assert first == again
    assert first != other


def test_a_set_with_a_test_split_is_left_as_it_is(write_pictures, tmp_path):
    write_pictures(tmp_path / "photos" / "train", 3)
    write_pictures(tmp_path / "photos" / "test", 1)
    data = open_dataset(tmp_path / "photos")
    assert {name: part.count for name, part in data.parts.items()} == {
        "train": 9,
        "test": 3,
    }
    assert not any("held out" in note for note in data.notes)


def test_single_images_cannot_be_split(write_pictures, tmp_path):
    write_pictures(tmp_path / "photos", 1)
    with pytest.raises(InputError, match="one image of every class only"):
        open_dataset(tmp_path / "photos")


@pytest.fixture
def table(write_pictures, tmp_path):
    """A CSV of 20 images with several labels, unsplit."""
    write_pictures(tmp_path / "photos", 10, names=["blue", "red"])
    lines = [f"photos/blue/{i}.jpg,cold;plain\nphotos/red/{i}.jpg," for i in range(10)]
    (tmp_path / "table.csv").write_text("\n".join(lines))
    return tmp_path / "table.csv"


def test_several_labels_are_split_at_random_by_the_seed(table, counts):
    first, again, other = (
        open_dataset(table, multi_label=True, seed=seed) for seed in (0, 0, 1)
    )
    assert counts(first) == {"train": 16, "test": 4}
    assert first.parts["test"].labels.shape == (4, 2)
    assert first.notes == (
        "No test split was given: 4 of 20 images, 20% drawn at random, are held out "
        "(seed 0).",
    )
    paths = [set(data.parts["test"].paths) for data in (first, again, other)]
    assert paths[0] == paths[1]
    assert paths[0] != paths[2]
    assert not paths[0] & set(first.parts["train"].paths)


def test_a_form_of_one_label_each_is_refused_where_several_are_asked_for(pictures):
    for dataset in (pictures, "digits"):
        with pytest.raises(InputError, match="one label each; --multi-label takes a C"):
            open_dataset(dataset, multi_label=True)


def test_labels_that_none_of_the_images_have_are_no_classes(table):
    table.write_text("photos/red/0.jpg,\nphotos/red/1.jpg,")
    with pytest.raises(InputError, match="has one only: none"):
        open_dataset(table, multi_label=True)


def test_without_labels_every_form_gives_images_alone(write_pictures, tmp_path):
    photos = write_pictures(tmp_path / "photos", 2)
    (tmp_path / "list.csv").write_text("path\nphotos/red/0.jpg\nphotos/blue/1.jpg")
    np.savez(tmp_path / "arrays.npz", x_train=np.full((5, 8, 8), 9, "uint8"))
    counts = {photos: 6, tmp_path / "list.csv": 2, tmp_path / "arrays.npz": 5}
    for dataset, count in {**counts, "digits": 1797}.items():
        data = open_dataset(dataset, labelled=False)
        assert not data.labelled
        assert data.class_names == ()
        assert {name: part.count for name, part in data.parts.items()} == {
            "train": count
        }


def test_no_labels_and_several_labels_exclude_each_other():
    with pytest.raises(InputError, match="without labels do not go with --multi-label"):
        open_dataset("digits", labelled=False, multi_label=True)


def test_what_was_passed_over_is_told_where_a_class_is_missing(
    write_pictures, tmp_path
):
    photos = write_pictures(tmp_path / "photos", 2, names=["blue", "red"])
    (photos / "red" / "saved_model.pb").touch()
    with pytest.raises(InputError, match="has one only: blue. '.*red' is passed over"):
        open_dataset(photos)


@pytest.fixture
def bursts(tmp_path):
    """A folder of two classes, each of 12 pictures: three shots of four scenes."""
    for name, first in (("cat", 0), ("dog", 4)):
        shots = {
            f"{number}{shot}": ImageEnhance.Brightness(scene(number)).enhance(factor)
            for number in range(first, first + 4)
            for shot, factor in enumerate((0.95, 1.0, 1.05))
        }
        written(tmp_path / "bursts" / name, **shots)
    return tmp_path / "bursts"


def scenes_of(part):
    return {path.split("/")[-1][0] for path in part.paths}


def test_a_burst_of_shots_is_in_one_part_of_a_split(bursts):
    data = open_dataset(bursts)
    assert not scenes_of(data.parts["train"]) & scenes_of(data.parts["test"])
    assert "24 of these images belong together; shares give way" in data.notes[-1]


def test_twins_are_torn_as_they_used_to_be_where_that_is_asked_for(bursts):
    data = open_dataset(bursts, keep_twins=False)
    assert scenes_of(data.parts["train"]) & scenes_of(data.parts["test"])
    assert data.parts["test"].count == 4


def test_arrays_are_looked_at_for_their_split(bursts, tmp_path):
    files = sorted(bursts.glob("*/*.png"))
    pixels = np.array([np.asarray(Image.open(file)) for file in files])
    np.savez(tmp_path / "arrays.npz", x_train=pixels, y_train=np.arange(24) // 12)
    data = open_dataset(tmp_path / "arrays.npz")
    assert "24 of these images belong together; shares give way" in data.notes[-1]


def test_a_given_split_is_not_changed_by_twins(bursts, tmp_path):
    rows = [
        f"bursts/{file.parent.name}/{file.name},{file.parent.name},{split}\n"
        for file, split in zip(
            sorted(bursts.glob("*/*.png")), 8 * ["train", "train", "test"], strict=True
        )
    ]
    (tmp_path / "table.csv").write_text("".join(rows))
    data = open_dataset(tmp_path / "table.csv")
    assert [part.count for part in data.parts.values()] == [16, 8]
