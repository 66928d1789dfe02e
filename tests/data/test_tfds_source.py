"""TensorFlow Datasets, with sets that are made here instead of downloaded."""

import json
import shutil

import numpy as np
import pytest
from tfds_sets import CLASSES

from bit_keras.commands import main
from bit_keras.data import open_dataset, tfds_source
from bit_keras.data.batches import evaluation_batches, training_batches
from bit_keras.data.examples import RecordExamples
from bit_keras.data.record_stream import RecordStream
from bit_keras.data.tfds_source import open_tfds
from bit_keras.errors import InputError
from bit_keras.families.bit import VARIANTS, BiTSpec
from bit_keras.recipes import Recipe

RECIPE = Recipe(resize=8, crop=8, batch_size=4, steps=3)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("tfds")


@pytest.fixture(scope="module")
def data(folder):
    return open_tfds("levels_of_gray", folder)


@pytest.fixture
def streamed(data, folder, monkeypatch):
    """The same set, as if it had too many records to be indexed."""
    monkeypatch.setattr(tfds_source, "MOST_INDEXED", 0)
    return open_tfds("levels_of_gray", folder)


def shown(batches):
    """(number of the picture, label) of every example in the batches."""
    return [
        (round(float(image.mean()) / 20), int(label))
        for images, labels in batches
        for image, label in zip(images.numpy(), labels.numpy().argmax(-1), strict=True)
    ]


def test_a_set_is_prepared_and_described(data):
    assert data.name == "levels_of_gray"
    assert data.class_names == tuple(CLASSES)
    assert data.image_size == (12, 16)
    assert {name: part.count for name, part in data.parts.items()} == {
        "train": 9,
        "test": 3,
    }
    assert data.notes == ()


def test_records_keep_their_labels(data):
    examples = data.parts["train"]
    assert isinstance(examples, RecordExamples)
    batches = list(evaluation_batches(examples, RECIPE.preprocessing, 3))
    assert sorted(shown(batches)) == [(n, n % 3) for n in range(9)]
    labels = [label for _, label in shown(batches)]
    assert examples.labels.tolist() == labels


def test_any_record_can_be_read_alone(data):
    examples = data.parts["train"]
    for position in (8, 0, 5):
        level = float(np.mean(examples.image(position)))
        assert round(level / 20) % 3 == examples.labels[position]


def test_a_large_set_is_streamed(streamed):
    examples = streamed.parts["train"]
    assert isinstance(examples, RecordStream)
    assert examples.labels is None
    batches = evaluation_batches(examples, RECIPE.preprocessing, 3)
    assert sorted(shown(batches)) == [(n, n % 3) for n in range(9)]
    two = shown(training_batches(examples, RECIPE, 3))
    assert len(two) == 12
    assert sorted(two[:9]) == [(n, n % 3) for n in range(9)]
    assert all(number % 3 == label for number, label in two)


def test_a_prepared_set_needs_no_code(data, folder, tmp_path):
    shutil.copytree(folder / "levels_of_gray", tmp_path / "levels_of_someone")
    for info in tmp_path.glob("*/*/*.json"):
        info.write_text(info.read_text().replace("levels_of_gray", "levels_of_someone"))
    for shard in tmp_path.glob("*/*/*tfrecord*"):
        name = shard.name.replace("levels_of_gray", "levels_of_someone")
        shard.rename(shard.with_name(name))
    copy = open_tfds("levels_of_someone", tmp_path)
    assert copy.parts["train"].count == 9
    assert copy.class_names == data.class_names


def test_a_set_is_found_by_its_name_among_the_forms(data, folder):
    for name in ("levels_of_gray", "tfds:levels_of_gray", "levels_of_gray:1.0.0"):
        assert open_dataset(name, data_dir=folder).class_names == data.class_names


def test_a_set_without_test_split_is_split(folder):
    split = open_dataset("levels_without_test", data_dir=folder)
    counts = {name: part.count for name, part in split.parts.items()}
    assert counts == {"train": 6, "test": 3}
    assert np.bincount(split.parts["test"].labels).tolist() == [1, 1, 1]
    assert split.notes[0].startswith("No test split was given: 3 of 9 images")


def test_a_streamed_set_without_test_split_is_refused(folder, monkeypatch):
    monkeypatch.setattr(tfds_source, "MOST_INDEXED", 0)
    with pytest.raises(InputError, match="has no test split of its own"):
        open_dataset("levels_without_test", data_dir=folder)


def test_a_test_split_without_labels_is_left_out_for_the_validation_split(folder):
    challenge = open_tfds("levels_of_a_challenge", folder)
    assert set(challenge.parts) == {"train", "val"}
    assert challenge.part("test").count == 6
    assert challenge.notes == ("The split 'test' is left out: it has no labels.",)


def test_a_set_without_training_images_is_refused(folder):
    with pytest.raises(InputError, match="has no split 'train' with labels"):
        open_tfds("levels_without_train", folder)


def test_image_and_label_are_found_where_nobody_says_which_they_are(folder):
    assert open_tfds("levels_without_keys", folder).class_names == tuple(CLASSES)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("levels_without_classes", "0 features of the kind ClassLabel"),
        ("levels_with_a_mask", "2 features of the kind Image"),
    ],
)
def test_a_set_that_is_not_for_classifying_images_is_refused(folder, name, found):
    with pytest.raises(InputError, match=f"not made for classifying .* has {found}"):
        open_tfds(name, folder)


def test_a_builder_that_fails_is_told_with_the_way_round_it(folder):
    with pytest.raises(InputError, match="on strike.*; prepare it where .* --data-dir"):
        open_tfds("levels_that_fail", folder)


def test_an_unknown_name_or_version_is_refused(folder):
    with pytest.raises(InputError, match="Did you mean 'levels_of_gray'"):
        open_tfds("levels_of_grey", folder)
    with pytest.raises(InputError, match="levels_of_gray:7.0.0 cannot be opened"):
        open_tfds("levels_of_gray:7.0.0", folder)


def test_the_commands_take_a_name_and_a_folder(data, folder, capsys):
    assert main(["datasets", "levels_of_gray", "--data-dir", str(folder)]) == 0
    printed = capsys.readouterr().out
    assert "levels_of_gray: 9 train, 3 test images of 3 classes" in printed
    assert "train: from 3 to 3 images per class" in printed


def test_a_run_remembers_where_its_set_lies(data, folder, tmp_path, monkeypatch):
    monkeypatch.setitem(VARIANTS, "tiny", BiTSpec((1,), 0.5))
    words = ["--dataset", "levels_of_gray", "--data-dir", str(folder)]
    fields = ["resize=10", "crop=8", "batch_size=4", "steps=1"]
    run = ["--output", str(tmp_path / "run"), "--set", *fields]
    assert main(["finetune", *words, "--model", "bit_tiny", *run]) == 0
    assert main(["evaluate", "--run", str(tmp_path / "run")]) == 0
    summary = tmp_path / "run" / "evaluation" / "summary.json"
    assert json.loads(summary.read_text())["examples"] == 3


@pytest.mark.parametrize("most_indexed", [100, 0])
def test_labels_can_be_left_aside(folder, monkeypatch, most_indexed):
    monkeypatch.setattr(tfds_source, "MOST_INDEXED", most_indexed)
    challenge = open_tfds("levels_of_a_challenge", folder, labelled=False)
    assert challenge.class_names == ()
    assert not challenge.labelled
    counts = {name: part.count for name, part in challenge.parts.items()}
    assert counts == {"train": 9, "test": 3, "val": 6}
    train = challenge.parts["train"]
    batches = [
        *training_batches(train, RECIPE, None),
        *evaluation_batches(train, RECIPE.preprocessing, None),
    ]
    levels = [float(image.mean()) for (images,) in batches for image in images.numpy()]
    assert len(levels) == 12 + 9
    assert {round(level / 20) for level in levels} == set(range(9))


def test_a_set_without_classes_has_images(folder):
    data = open_tfds("levels_without_classes", folder, labelled=False)
    assert data.parts["train"].count == 9
    assert data.parts["train"].image(0).shape[-1] == 3
