import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from bit_keras.errors import InputError
from bit_keras.export import answers
from bit_keras.export.answers import Comparison, answer_of, compare, of_one_size
from bit_keras.export.samples import Samples


def test_logits_become_probabilities_as_the_network_was_trained(trained_of, images):
    softmax, sigmoid = trained_of("bit"), trained_of("bit", "sigmoid")
    logits = answer_of(softmax, images, "logits")
    np.testing.assert_allclose(
        answer_of(softmax, images), tf.nn.softmax(logits), atol=1e-6
    )
    np.testing.assert_allclose(
        answer_of(sigmoid, images), tf.sigmoid(logits), atol=1e-6
    )


def test_features_are_what_the_head_gets(trained_of, images):
    trained = trained_of("bit")
    head = trained.model.get_layer("logits")
    features = answer_of(trained, images, "features")
    np.testing.assert_allclose(
        head(features), answer_of(trained, images, "logits"), atol=1e-4
    )


def test_class_names_are_utf8_of_one_line_each(trained_of):
    names = ("caf\udce9", "hot\ndog", "größer")
    trained = dataclasses.replace(trained_of("bit"), class_names=names)
    assert answers.utf8_names(trained) == [b"caf?", b"hot dog", "größer".encode()]


@pytest.mark.parametrize("loss", ["softmax", "sigmoid"])
def test_a_module_of_one_size_gives_the_probabilities(trained_of, images, loss):
    trained = trained_of("bit", loss)
    found = of_one_size(trained, "a file").answer(tf.cast(images, tf.float32))
    expected = answer_of(trained, images)
    np.testing.assert_allclose(found["probabilities"], expected, atol=1e-5)


def test_weights_that_no_file_can_hold_are_refused(trained_of, monkeypatch):
    monkeypatch.setattr(answers, "LARGEST_FILE", 1000)
    with pytest.raises(InputError, match="a file holds 2.1 GB at most"):
        of_one_size(trained_of("bit"), "a file")


def test_the_largest_difference_and_the_same_classes_are_told(trained_of, images):
    trained = trained_of("bit")
    expected = answer_of(trained, images)
    other = np.array(expected)
    other[0] = np.roll(other[0], 1)
    samples = Samples(images, None, "photographs")
    found = compare(trained, lambda images: other, samples, "probabilities", 7)
    assert found == Comparison(
        output="probabilities",
        difference=float(np.abs(expected[0] - other[0]).max()),
        agreement=3,
        images=4,
        source="photographs",
        size=7,
    )
    assert str(found).endswith("and top-1 is the same for 3 of 4.")
