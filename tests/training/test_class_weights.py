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
    "text",
    [
        "\ufeffa,1\nb,0.5\nc,3\n",
        "a;1\nb;0,5\nc;3,0\n",
        "sep=;\nclass;weight\na;1\nb;.5\nc;3\n",
        "a\t1\nb\t0,5\nc\t3\n\n",
        "class|weight\na|1\nb|0,5\nc|3\n",
        "weight,class\n1,a\n0.5,b\n3,c\n",
        "class,count,weight,\na,9,1,\nb,2,0.5,\nc,1,3,\n",
        "name,factor\na,1\nb,0.5\nc,3\n",
    ],
)
def test_files_of_spreadsheets_are_read(data, tmp_path, text):
    (tmp_path / "w.csv").write_text(text, encoding="utf-8")
    assert class_weights(tmp_path / "w.csv", data) == (1, 0.5, 3)


def test_the_unicode_forms_of_a_class_are_one(tmp_path):
    examples = ArrayExamples(np.zeros((2, 8, 8, 3), "uint8"), np.array([0, 1]))
    data = ImageData("set", ("b", "\xe9"), {"train": examples}, (8, 8))
    (tmp_path / "w.csv").write_text("b,1\ne\u0301,2\n", encoding="utf-8")
    assert class_weights(tmp_path / "w.csv", data) == (1, 2)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a,1\nb,2\n", "look at: c"),
        ("a,1\nb,2\nc,1\nd,1", "look at: d"),
        ("a,1\nb,two\nc,1", "Received: b,two"),
        ("a,1\nb\nc,1", "Line 2 of .* Received: b"),
        ("a,1\nb,-1\nc,1", "Received: b,-1"),
        ("a,1\nb,nan\nc,1", "Received: b,nan"),
        ("a,1\n\nb,2\nc,1\na,3", "Line 5 of .*: the class 'a' has a weight already"),
        ("class,weight\na,1,5", "Line 2 of .* Received: a,1,5"),
        ("class,weight,count\na,x,5", "Line 2 of .* must be 'class,weight,count'.*a,x"),
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
