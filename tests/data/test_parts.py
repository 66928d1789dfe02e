import dataclasses

import numpy as np
import pytest

from bit_keras.data import few_shot, open_dataset, with_validation_part
from bit_keras.data.parts import all_for_testing, with_test_part
from bit_keras.errors import InputError


def test_few_shot_keeps_as_many_of_every_class_and_the_test_part(image_data):
    data = image_data(train=20, test=4)
    few = few_shot(data, 3, seed=0)
    assert np.bincount(few.parts["train"].labels).tolist() == [3, 3]
    assert few.parts["test"] is data.parts["test"]


def test_data_without_a_split_are_all_for_testing(image_data):
    data = image_data(train=6)
    tested = all_for_testing(data, data.class_names)
    assert tested.parts == {"test": data.parts["train"]}


def test_data_with_a_split_keep_it_in_a_test(image_data):
    data = image_data(train=6, test=4)
    assert all_for_testing(data, ()).parts == data.parts


def test_labels_are_numbered_as_the_network_numbers_its_classes(image_data):
    data = image_data(train=6)
    names = ("zebra", *data.class_names[::-1])
    tested = all_for_testing(data, names)
    assert tested.class_names == names
    found = [names[label] for label in tested.parts["test"].labels]
    assert found == [data.class_names[label] for label in data.parts["train"].labels]


def test_several_labels_are_put_into_the_columns_of_the_network(several_labels):
    data = several_labels(train=6)
    tested = all_for_testing(data, ("zebra", *data.class_names))
    labels = tested.parts["test"].labels
    assert not labels[:, 0].any()
    np.testing.assert_array_equal(labels[:, 1:], data.parts["train"].labels)


def test_classes_that_the_network_does_not_know_are_refused(image_data):
    data = image_data(train=6)
    with pytest.raises(InputError, match=f"does not know: '{data.class_names[1]}'"):
        all_for_testing(data, (data.class_names[0], "zebra"))


def test_sets_that_are_streamed_have_no_subsets(stream, monkeypatch):
    with pytest.raises(InputError, match="too large for few-shot subsets"):
        few_shot(stream, 3, seed=0)


def test_several_labels_have_no_few_shot_subsets(several_labels):
    with pytest.raises(InputError, match="several labels.*--examples-per-class"):
        few_shot(several_labels(train=6), 1, seed=0)


def test_a_tenth_of_every_class_is_held_out_to_choose_by(image_data, counts):
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


def test_of_two_images_of_a_class_one_is_held_out_to_choose_by(image_data):
    held = with_validation_part(image_data(train=4, test=2), seed=0)
    assert held.parts["val"].labels.tolist() == [0, 1]


def test_several_labels_are_held_out_to_choose_by_at_random(several_labels, counts):
    held = with_validation_part(several_labels(train=40, test=4), seed=0)
    assert counts(held) == {"train": 36, "test": 4, "val": 4}


def test_data_with_three_parts_stay_as_they_are(image_data):
    data = image_data(train=9, test=4, val=5)
    assert with_validation_part(data, seed=0) is data


def test_a_validation_part_that_is_tested_on_is_not_chosen_by(image_data, counts):
    data = image_data(train=20, val=5)
    held = with_validation_part(data, seed=0)
    assert counts(held) == {"train": 18, "test": 5, "val": 2}
    assert held.parts["test"] is data.parts["val"]
    assert held.fingerprint("test") == data.fingerprint("test")


def test_single_images_cannot_be_held_out_to_choose_by(image_data):
    few = few_shot(image_data(train=20, test=4), 1, seed=0)
    with pytest.raises(
        InputError, match=r"one training image of every class only.*and --minutes\)"
    ):
        with_validation_part(few, seed=0)


def test_a_streamed_set_needs_a_validation_split_to_choose_by(stream, image_data):
    test = image_data(train=2, test=4).parts["test"]
    tested = dataclasses.replace(stream, parts={**stream.parts, "test": test})
    with pytest.raises(InputError, match="no validation split of its own"):
        with_validation_part(tested, seed=0)
    split = dataclasses.replace(stream, parts={**stream.parts, "val": test})
    held = with_validation_part(split, seed=0)
    assert held.parts == split.parts
    assert "both to choose by and to test on" in held.notes[0]


def test_images_without_labels_are_held_out_at_random(unlabelled, counts):
    held = with_validation_part(unlabelled(train=40), seed=0)
    assert counts(held) == {"train": 36, "val": 4}
    tested = with_validation_part(unlabelled(train=40, test=3), seed=0)
    assert counts(tested) == {"train": 36, "val": 4, "test": 3}


def test_a_single_image_without_a_label_cannot_be_held_out(unlabelled):
    with pytest.raises(InputError, match="has one training image only"):
        with_validation_part(unlabelled(train=1), seed=0)


def test_images_without_labels_have_no_few_shot_subsets(unlabelled):
    with pytest.raises(InputError, match="have no labels.*--examples-per-class"):
        few_shot(unlabelled(train=6), 1, seed=0)


def in_pairs(data):
    """The same data; each two training images one after the other belong together."""
    train = data.parts["train"]
    grouped = dataclasses.replace(train, groups=np.arange(train.count) // 2)
    return dataclasses.replace(data, parts={**data.parts, "train": grouped})


@pytest.mark.parametrize(
    ("split", "kept"), [(with_test_part, "test"), (with_validation_part, "val")]
)
def test_what_belongs_together_is_held_out_together_and_told(image_data, split, kept):
    data = split(in_pairs(image_data(train=40)), seed=0)
    groups = [set(data.parts[name].groups.tolist()) for name in ("train", kept)]
    assert not groups[0] & groups[1]
    assert data.notes[-1] == (
        "40 of these images belong together; shares give way to groups that stay "
        "whole: 20."
    )


def test_nothing_is_told_of_groups_where_every_image_stands_alone(image_data):
    data = image_data(train=40)
    train = dataclasses.replace(data.parts["train"], groups=np.arange(40))
    data = dataclasses.replace(data, parts={"train": train})
    assert len(with_test_part(data, seed=0).notes) == 1


@pytest.mark.parametrize("split", [with_test_part, with_validation_part])
def test_classes_of_which_nothing_can_be_held_out_are_told(image_data, split):
    data = image_data(train=40)
    train = data.parts["train"]
    # Class a is one burst of shots.
    groups = np.where(train.labels == 0, 0, np.arange(40))
    parts = {"train": dataclasses.replace(train, groups=groups)}
    data = split(dataclasses.replace(data, parts=parts), seed=0)
    assert data.notes[-1] == (
        "No image is held out of the classes 'a': none would be left for training, or "
        "a group be torn."
    )


def test_a_set_that_is_one_group_cannot_be_split(image_data):
    data = image_data(train=6)
    train = dataclasses.replace(data.parts["train"], groups=np.zeros(6, int))
    data = dataclasses.replace(data, parts={"train": train})
    with pytest.raises(InputError, match="one group of images that belong together"):
        with_test_part(data, seed=0)
    with pytest.raises(InputError, match="one group of images that belong together"):
        with_validation_part(data, seed=0)
