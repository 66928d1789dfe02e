"""Data sets and examples that are made of next to nothing."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from bit_keras.data import ImageData
from bit_keras.data.csv_file import open_csv
from bit_keras.data.examples import ArrayExamples, FileExamples, RecordExamples
from bit_keras.data.record_index import record_offsets
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


@pytest.fixture
def photos(write_pictures, tmp_path):
    return write_pictures(tmp_path / "photos", 2)


@pytest.fixture
def table(photos):
    """Gives a function: lines -> what `open_csv` makes of them."""

    def write(*lines, encoding="utf-8", multi_label=False, labelled=True):
        path = photos.parent / "table.csv"
        path.write_text("\n".join(lines), encoding=encoding)
        return open_csv(path, "skip", multi_label, labelled)

    return write


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


COUNT = 17


def _pictures():
    """Gray pictures of one level each, 10 * example."""
    levels = 10 * np.arange(COUNT, dtype="uint8")
    return np.broadcast_to(levels[:, None, None, None], (COUNT, 9, 12, 3)).copy()


@pytest.fixture(params=["arrays", "files", "records", "stream"])
def examples(request, tmp_path):
    """17 images of every kind; the level of the n-th is 10 n, its label n % 3."""
    labels = np.arange(COUNT) % 3
    if request.param == "arrays":
        return ArrayExamples(_pictures(), labels)
    encoded = [tf.io.encode_png(picture).numpy() for picture in _pictures()]
    if request.param == "files":
        paths = [tmp_path / f"{i}.png" for i in range(COUNT)]
        for path, data in zip(paths, encoded, strict=True):
            path.write_bytes(data)
        return FileExamples(tuple(str(path) for path in paths), labels)
    shards = [tmp_path / f"shard{number}" for number in range(3)]
    for number, shard in enumerate(shards):
        with tf.io.TFRecordWriter(str(shard)) as writer:
            for data in encoded[number * 6 : number * 6 + 6]:
                writer.write(data)
    files = tuple(str(shard) for shard in shards)
    if request.param == "stream":
        # The level of a picture tells its label.
        def parse(record):
            level = tf.cast(tf.io.decode_png(record)[0, 0, 0], tf.int64)
            return record, level // 10 % 3

        return RecordStream(files, (6, 6, 5), parse, block=5, shards_at_once=2)
    index = [
        (number, offset)
        for number, shard in enumerate(shards)
        for offset in record_offsets(shard, shard.stat().st_size)
    ]
    return RecordExamples(files, np.array(index), labels, lambda record: record)
