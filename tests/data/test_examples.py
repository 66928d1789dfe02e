"""What every kind of examples has, and what is one kind's own."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from bit_keras.data.batches import Share
from bit_keras.data.examples import ArrayExamples, FileExamples
from bit_keras.recipes import Recipe

RECIPE = Recipe(resize=10, crop=8, steps=4, batch_size=6)
COUNT = 17


@pytest.fixture
def without_labels(examples):
    """The same examples of every kind without their labels."""
    if examples.indexed:
        return dataclasses.replace(examples, labels=None)
    parse = examples.parse
    return dataclasses.replace(examples, parse=lambda record: parse(record)[:1])


def number_of(image):
    return image[4, 4, 0] // 10


def test_facts_of_every_kind_are_known(examples):
    assert examples.count == COUNT
    assert examples.channels == 3
    assert examples.labelled
    assert not examples.multi_label
    assert examples.indexed == (examples.labels is not None)
    assert examples.indexed == hasattr(examples, "take")
    assert len({examples.name(position) for position in range(COUNT)}) == COUNT


def test_one_image_can_be_had_for_a_report(examples):
    image = np.asarray(examples.image(7))
    assert image.shape == (9, 12, 3)
    assert (image == 70).all()


def test_one_pass_gives_images_and_labels_in_their_order(examples):
    passed = examples.one_pass(lambda image, label: (number_of(image), label))
    assert [(int(number), int(label)) for number, label in passed] == [
        (number, number % 3) for number in range(COUNT)
    ]


def test_one_pass_without_labels_gives_images_alone(without_labels):
    assert not without_labels.labelled
    assert not without_labels.multi_label
    passed = without_labels.one_pass(lambda image, *label: (number_of(image), *label))
    assert [int(number) for (number,) in passed] == list(range(COUNT))


def test_a_run_without_labels_goes_through_the_same_images(examples, without_labels):
    def prepare(k, image, *label):
        return k, number_of(image)

    runs = [
        [
            (int(k), int(number))
            for k, number in kind.in_order(RECIPE, 2, Share(2, 1, 1), prepare)
        ]
        for kind in (examples, without_labels)
    ]
    assert runs[0] == runs[1]
    # The second half of the batches of 6 in the steps 2 and 3.
    assert [k for k, _ in runs[0]] == [15, 16, 17, 21, 22, 23]


def test_the_identity_is_that_of_the_examples(examples):
    assert examples.identity() == examples.identity()
    if examples.indexed:
        fewer = examples.take(np.arange(COUNT - 1))
        assert fewer.identity() == examples.identity()[:-1]
    else:
        fewer = dataclasses.replace(examples, lengths=(6, 6, 4))
        assert fewer.identity() != examples.identity()


def test_other_contents_under_the_same_names_are_another_identity(examples):
    before = examples.identity()
    if isinstance(examples, ArrayExamples):
        examples.pixels[7] += 1
    else:
        files = examples.paths if hasattr(examples, "paths") else examples.files
        with open(files[0], "r+b") as file:
            file.write(b"other")
    after = examples.identity()
    assert [name for name, _ in before] == [name for name, _ in after]
    assert before != after


def test_files_are_known_wherever_the_folder_lies(tmp_path):
    identities = []
    for place in ("here", "there/below"):
        (tmp_path / place / "cat").mkdir(parents=True)
        photo = tmp_path / place / "cat" / "0.jpg"
        photo.write_bytes(b"photo")
        examples = FileExamples((str(photo),), root=str(tmp_path / place))
        identities.append(examples.identity())
    assert identities[0] == identities[1]
    assert identities[0][0][0] == "cat/0.jpg"


def test_gray_arrays_become_colour_images():
    gray = ArrayExamples(np.full((4, 9, 9, 1), 7, "uint8"), np.zeros(4, "int64"))
    assert gray.channels == 3
    image = gray.image(tf.constant(2, tf.int64))
    assert image.shape == (9, 9, 3)
    assert (image.numpy() == 7).all()


def test_a_subset_takes_images_and_labels_along(examples):
    if not examples.indexed:
        pytest.skip("a stream has no subsets")
    subset = examples.take(np.array([3, 8]))
    assert subset.count == 2
    assert subset.labels.tolist() == [0, 2]
    assert np.asarray(subset.image(1))[0, 0, 0] == 80


def test_a_subset_without_labels_has_none(without_labels):
    if not without_labels.indexed:
        pytest.skip("a stream has no subsets")
    assert without_labels.take(np.array([3, 8])).labels is None
