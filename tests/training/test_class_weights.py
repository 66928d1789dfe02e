import numpy as np
import pytest

from bit_keras.data.examples import ArrayExamples
from bit_keras.data.image_data import ImageData
from bit_keras.errors import InputError
from bit_keras.training.class_weights import class_weights


def data_of(labels):
    examples = ArrayExamples(np.zeros((len(labels), 8, 8, 3), "uint8"), labels)
    return ImageData("set", ("a", "b", "c"), {"train": examples}, (8, 8))


@pytest.fixture
def data():
    return data_of(np.array([0, 0, 0, 1, 1, 2]))


def test_auto_gives_every_class_the_same_sum(data):
    weights = class_weights("auto", data)
    assert weights == pytest.approx((2 / 3, 1, 2))
    mean = np.mean([weights[label] for label in data.parts["train"].labels])
    assert mean == pytest.approx(1, abs=1e-6)


def test_a_file_names_the_weight_of_each_class(data, tmp_path):
    (tmp_path / "w.csv").write_text("class,weight\nc,3\na,1\nb,0.5\n")
    assert class_weights(tmp_path / "w.csv", data) == (1, 0.5, 3)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a,1\nb,2\n", "look at: c"),
        ("a,1\nb,2\nc,1\nd,1", "look at: d"),
        ("a,1\nb,two\nc,1", "Received: b,two"),
        ("a,1\nb\nc,1", "Received: b"),
    ],
)
def test_a_file_that_does_not_fit_is_refused(data, tmp_path, text, words):
    (tmp_path / "w.csv").write_text(text)
    with pytest.raises(InputError, match=words):
        class_weights(tmp_path / "w.csv", data)


def test_a_file_that_is_not_there_is_refused(data):
    with pytest.raises(InputError, match="takes auto or a CSV file"):
        class_weights("nowhere.csv", data)


def test_classes_of_several_labels_have_no_weights():
    with pytest.raises(InputError, match="is for images of one label each"):
        class_weights("auto", data_of(np.eye(3, dtype="int8")))
