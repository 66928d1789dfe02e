import dataclasses

import numpy as np
import pytest

from bit_keras.data import (
    ImageData,
    few_shot,
    open_dataset,
    with_validation_part,
)
from bit_keras.data.examples import ArrayExamples
from bit_keras.data.record_stream import RecordStream
from bit_keras.data.sources import median_size
from bit_keras.errors import InputError
from bit_keras.forms import FORMS


def image_data(**parts):
    """A data set of two classes; each part has the given number of images."""
    examples = {
        name: ArrayExamples(np.zeros((count, 4, 6, 3), "uint8"), np.arange(count) % 2)
        for name, count in parts.items()
    }
    return ImageData("mine", ("a", "b"), examples, (4, 6))


def several_labels(**parts):
    """As `image_data`; every image has class a, every other one b as well."""
    data = image_data(**parts)
    parts = {
        name: dataclasses.replace(
            part, labels=np.stack([part.labels * 0 + 1, part.labels], 1).astype("int8")
        )
        for name, part in data.parts.items()
    }
    return dataclasses.replace(data, parts=parts)


def counts(data):
    return {name: part.count for name, part in data.parts.items()}


@pytest.fixture
def stream(tmp_path):
    """A data set too large to be indexed."""
    stream = RecordStream((str(tmp_path / "shard"),), (10**6,), lambda record: record)
    return ImageData("large", ("a", "b"), {"train": stream}, (4, 6))


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
    pixels = np.full((6, 8, 8), 9, "uint8")
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
    assert data.notes == ()


def test_single_images_cannot_be_split(write_pictures, tmp_path):
    write_pictures(tmp_path / "photos", 1)
    with pytest.raises(InputError, match="one image of every class only"):
        open_dataset(tmp_path / "photos")


def test_val_stands_in_for_a_missing_test_split():
    data = image_data(train=5, val=3)
    assert data.part("test") is data.parts["val"]
    both = image_data(train=5, val=3, test=2)
    assert both.part("test").count == 2
    with pytest.raises(InputError, match="no split 'val'. It has: train, test"):
        image_data(train=5, test=2).part("val")


def test_the_summary_names_what_there_is():
    assert image_data(train=1500, test=12).summary() == (
        "mine: 1,500 train, 12 test images of 2 classes, typically 6 x 4 pixels"
    )


def test_the_fingerprint_is_that_of_names_and_labels():
    data = image_data(train=6, test=4)
    part = data.parts["test"]
    relabelled = dataclasses.replace(part, labels=1 - part.labels)
    others = [
        image_data(train=2, test=4),
        dataclasses.replace(data, parts={"test": relabelled}),
        image_data(train=6, test=5),
    ]
    same, *differ = (other.fingerprint("test") for other in others)
    assert data.fingerprint("test") == same
    assert data.fingerprint("test") not in differ


def test_few_shot_keeps_as_many_of_every_class_and_the_test_part():
    data = image_data(train=20, test=4)
    few = few_shot(data, 3, seed=0)
    assert np.bincount(few.parts["train"].labels).tolist() == [3, 3]
    assert few.parts["test"] is data.parts["test"]


def test_sets_that_are_streamed_have_no_subsets(stream, monkeypatch):
    with pytest.raises(InputError, match="too large for few-shot subsets"):
        few_shot(stream, 3, seed=0)


def test_the_median_size_is_that_of_each_side():
    assert median_size([10, 30, 20], [7, 5, 900]) == (20, 7)


@pytest.fixture
def table(write_pictures, tmp_path):
    """A CSV of 20 images with several labels, unsplit."""
    write_pictures(tmp_path / "photos", 10, names=["blue", "red"])
    lines = [f"photos/blue/{i}.jpg,cold;plain\nphotos/red/{i}.jpg," for i in range(10)]
    (tmp_path / "table.csv").write_text("\n".join(lines))
    return tmp_path / "table.csv"


def test_several_labels_are_split_at_random_by_the_seed(table):
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


def test_the_summary_and_the_fingerprint_tell_of_several_labels():
    data = several_labels(train=6, test=4)
    assert "of 2 classes (several labels per image), typically 6" in data.summary()
    turned = dataclasses.replace(
        data.parts["test"], labels=data.parts["test"].labels[::-1]
    )
    other = dataclasses.replace(data, parts={**data.parts, "test": turned})
    assert several_labels(train=9, test=4).fingerprint("test") == data.fingerprint(
        "test"
    )
    assert other.fingerprint("test") != data.fingerprint("test")


def test_several_labels_have_no_few_shot_subsets():
    with pytest.raises(InputError, match="several labels.*--examples-per-class"):
        few_shot(several_labels(train=6), 1, seed=0)


def test_a_tenth_of_every_class_is_held_out_to_choose_by():
    data = image_data(train=60, test=4)
    held = with_validation_part(data, seed=3)
    assert counts(held) == {"train": 54, "test": 4, "val": 6}
    assert np.bincount(held.parts["val"].labels).tolist() == [3, 3]
    assert held.parts["test"] is data.parts["test"]
    assert held.notes == (
        "6 of 60 training images are held out to choose by (seed 3).",
    )


def test_the_images_held_out_to_choose_by_are_drawn_by_the_seed(pictures):
    data = open_dataset(pictures)
    first, again, other = (with_validation_part(data, seed) for seed in (0, 0, 1))
    chosen = [set(held.parts["val"].paths) for held in (first, again, other)]
    assert chosen[0] == chosen[1]
    assert chosen[0] != chosen[2]
    kept = set(first.parts["train"].paths)
    assert kept | chosen[0] == set(data.parts["train"].paths)
    assert not kept & chosen[0]


def test_of_two_images_of_a_class_one_is_held_out_to_choose_by():
    held = with_validation_part(image_data(train=4, test=2), seed=0)
    assert held.parts["val"].labels.tolist() == [0, 1]


def test_several_labels_are_held_out_to_choose_by_at_random():
    held = with_validation_part(several_labels(train=40, test=4), seed=0)
    assert counts(held) == {"train": 36, "test": 4, "val": 4}


def test_data_with_three_parts_stay_as_they_are():
    data = image_data(train=9, test=4, val=5)
    assert with_validation_part(data, seed=0) is data


def test_a_validation_part_that_is_tested_on_is_not_chosen_by():
    data = image_data(train=20, val=5)
    held = with_validation_part(data, seed=0)
    assert counts(held) == {"train": 18, "test": 5, "val": 2}
    assert held.parts["test"] is data.parts["val"]
    assert held.fingerprint("test") == data.fingerprint("test")


def test_single_images_cannot_be_held_out_to_choose_by():
    few = few_shot(image_data(train=20, test=4), 1, seed=0)
    with pytest.raises(InputError, match="one training image of every class only"):
        with_validation_part(few, seed=0)


def test_a_streamed_set_needs_a_validation_split_to_choose_by(stream):
    test = image_data(train=2, test=4).parts["test"]
    tested = dataclasses.replace(stream, parts={**stream.parts, "test": test})
    with pytest.raises(InputError, match="no validation split of its own"):
        with_validation_part(tested, seed=0)
    split = dataclasses.replace(stream, parts={**stream.parts, "val": test})
    held = with_validation_part(split, seed=0)
    assert held.parts == split.parts
    assert "both to choose by and to test on" in held.notes[0]
