"""Data sets made of nothing, for tests of what is done with them."""

import dataclasses

import numpy as np
import pytest

from bit_keras.data import ImageData
from bit_keras.data.examples import ArrayExamples
from bit_keras.data.record_stream import RecordStream


@pytest.fixture
def image_data():
    """Gives a function: counts of images of each part -> a data set of two classes."""
    return _image_data


@pytest.fixture
def several_labels():
    """The same; every image has class a, every other one b as well."""
    return _several_labels


@pytest.fixture
def unlabelled():
    """The same, without labels."""
    return _unlabelled


@pytest.fixture
def counts():
    """Gives a function: data set -> number of images of each part."""
    return lambda data: {name: part.count for name, part in data.parts.items()}


def _image_data(**parts):
    examples = {
        name: ArrayExamples(np.zeros((count, 4, 6, 3), "uint8"), np.arange(count) % 2)
        for name, count in parts.items()
    }
    return ImageData("mine", ("a", "b"), examples, (4, 6))


def _several_labels(**parts):
    data = _image_data(**parts)
    parts = {
        name: dataclasses.replace(
            part, labels=np.stack([part.labels * 0 + 1, part.labels], 1).astype("int8")
        )
        for name, part in data.parts.items()
    }
    return dataclasses.replace(data, parts=parts)


def _unlabelled(**parts):
    parts = {
        name: dataclasses.replace(part, labels=None)
        for name, part in _image_data(**parts).parts.items()
    }
    return ImageData("mine", (), parts, (4, 6))


@pytest.fixture
def stream(tmp_path):
    """A data set too large to be indexed."""
    stream = RecordStream((str(tmp_path / "shard"),), (10**6,), lambda record: record)
    return ImageData("large", ("a", "b"), {"train": stream}, (4, 6))
