import dataclasses

import pytest

from bit_keras.data.image_data import median_size
from bit_keras.errors import InputError


def test_val_stands_in_for_a_missing_test_split(image_data):
    data = image_data(train=5, val=3)
    assert data.part("test") is data.parts["val"]
    both = image_data(train=5, val=3, test=2)
    assert both.part("test").count == 2
    with pytest.raises(InputError, match="no split 'val'. It has: train, test"):
        image_data(train=5, test=2).part("val")


def test_the_summary_names_what_there_is(image_data):
    assert image_data(train=1500, test=12).summary() == (
        "mine: 1,500 train, 12 test images of 2 classes, typically 6 x 4 pixels"
    )


def test_the_fingerprint_is_that_of_names_and_labels(image_data):
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


def test_other_class_names_are_another_fingerprint(image_data):
    data = image_data(train=6, test=4)
    renamed = dataclasses.replace(data, class_names=("a", "c"))
    assert renamed.fingerprint("test") != data.fingerprint("test")


def test_other_pixels_are_another_fingerprint(image_data):
    data, other = image_data(train=6), image_data(train=6)
    other.parts["train"].pixels[5, 3, 5, 2] = 1
    assert other.fingerprint("train") != data.fingerprint("train")


def test_the_fingerprint_carries_its_version(image_data):
    assert image_data(train=6).fingerprint("train").startswith("2:")


def test_the_listing_names_examples_and_their_classes(image_data, several_labels):
    rows = image_data(train=2).listing("train")
    assert [row[:2] for row in rows] == [("row 0", "a"), ("row 1", "b")]
    rows = several_labels(train=2).listing("train")
    assert [classes for _, classes, _ in rows] == ["a", "a;b"]


def test_the_median_size_is_that_of_each_side():
    assert median_size([10, 30, 20], [7, 5, 900]) == (20, 7)


def test_the_summary_and_the_fingerprint_tell_of_several_labels(several_labels):
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


def test_a_set_without_labels_says_so(unlabelled):
    data = unlabelled(train=6, val=2)
    assert not data.labelled
    assert data.num_classes is None
    assert not data.multi_label
    assert data.summary() == (
        "mine: 6 train, 2 val images without labels, typically 6 x 4 pixels"
    )


def test_the_fingerprint_without_labels_is_that_of_names(unlabelled):
    data = unlabelled(train=6, val=2)
    assert data.fingerprint("train") == unlabelled(train=6).fingerprint("train")
    assert data.fingerprint("train") != unlabelled(train=5).fingerprint("train")


def test_the_fingerprint_of_a_stream_is_that_of_its_files(stream):
    other = dataclasses.replace(stream.parts["train"], lengths=(7,))
    changed = dataclasses.replace(stream, parts={"train": other})
    assert stream.fingerprint("train") == stream.fingerprint("train")
    assert changed.fingerprint("train") != stream.fingerprint("train")
