"""Sets of TensorFlow Datasets whose images have lists of labels."""

import numpy as np
import pytest
import tensorflow_datasets as tfds

from bit_keras.data import tfds_source
from bit_keras.data.batches import evaluation_batches, training_batches
from bit_keras.data.tfds_source import open_tfds
from bit_keras.errors import InputError
from bit_keras.recipes import Recipe

CLASSES = ["dark", "middle", "light"]
LABELS = [[0], [2], [], [1, 2], [2, 0, 1]]
RECIPE = Recipe(resize=8, crop=8, batch_size=2, steps=4)


class ShadesOfGray(tfds.core.GeneratorBasedBuilder):
    """Pictures of rising level, 40 * number."""

    VERSION = tfds.core.Version("1.0.0")

    def features(self):
        labels = tfds.features.Sequence(tfds.features.ClassLabel(names=CLASSES))
        return {"image": tfds.features.Image(), "labels": labels}

    def _info(self):
        features = tfds.features.FeaturesDict(self.features())
        return tfds.core.DatasetInfo(builder=self, features=features)

    def _split_generators(self, manager):
        return {"train": self._generate_examples()}

    def _generate_examples(self):
        for number, labels in enumerate(LABELS):
            image = np.full((9, 12, 3), 40 * number, "uint8")
            example = {"image": image, "labels": labels, "more": labels, "one": 1}
            yield number, {name: example[name] for name in self.features()}


class ShadesWithTwoLists(ShadesOfGray):
    def features(self):
        return {**super().features(), "more": super().features()["labels"]}


class ShadesWithOneLabelMore(ShadesOfGray):
    def features(self):
        return {**super().features(), "one": tfds.features.ClassLabel(names=CLASSES)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("tfds")


@pytest.mark.parametrize("most_indexed", [100, 0])
def test_lists_of_labels_become_rows_of_a_table(folder, monkeypatch, most_indexed):
    monkeypatch.setattr(tfds_source, "MOST_INDEXED", most_indexed)
    data = open_tfds("shades_of_gray", folder)
    examples = data.parts["train"]
    assert data.class_names == tuple(CLASSES)
    assert examples.multi_label
    for batches in (
        training_batches(examples, RECIPE, 3),
        evaluation_batches(examples, RECIPE.preprocessing, 3),
    ):
        for images, targets in batches:
            for image, target in zip(images.numpy(), targets.numpy(), strict=True):
                labels = LABELS[round(float(image.mean()) / 40)]
                assert np.flatnonzero(target).tolist() == sorted(labels)


def test_the_labels_of_indexed_records_are_a_small_table_of_0_and_1(folder):
    labels = open_tfds("shades_of_gray", folder).parts["train"].labels
    assert labels.dtype == np.int8
    assert sorted(labels.tolist()) == sorted(
        [int(number in row) for number in range(3)] for row in LABELS
    )


def test_labels_that_would_fill_the_memory_are_streamed(folder, monkeypatch):
    monkeypatch.setattr(tfds_source, "MOST_LABELS", 3 * len(LABELS) - 1)
    assert open_tfds("shades_of_gray", folder).parts["train"].labels is None
    monkeypatch.setattr(tfds_source, "MOST_LABELS", 3 * len(LABELS))
    assert open_tfds("shades_of_gray", folder).parts["train"].labels is not None


@pytest.mark.parametrize("most_indexed", [100, 0])
def test_a_single_label_goes_before_a_list(folder, monkeypatch, most_indexed):
    monkeypatch.setattr(tfds_source, "MOST_INDEXED", most_indexed)
    examples = open_tfds("shades_with_one_label_more", folder).parts["train"]
    assert not examples.multi_label
    for _, targets in evaluation_batches(examples, RECIPE.preprocessing, 3):
        assert (targets.numpy() == [0, 1, 0]).all()


def test_a_set_of_two_lists_is_refused(folder):
    with pytest.raises(InputError, match="has 2 features of the kind ClassLabel"):
        open_tfds("shades_with_two_lists", folder)
