import numpy as np
import pytest
import tensorflow as tf

from bit_keras.data import record_index
from bit_keras.data.record_index import index_records, record_offsets
from bit_keras.errors import InputError


@pytest.fixture
def files(tmp_path):
    """Two files of records as long as their number says: 0, 1, 2 and 3, 4."""
    paths = [str(tmp_path / name) for name in ("first", "second")]
    for path, lengths in zip(paths, ((0, 1, 2), (3, 4)), strict=True):
        with tf.io.TFRecordWriter(path) as writer:
            for length in lengths:
                writer.write(length * b"x")
    return paths


def parse(record):
    return record, tf.strings.length(record)


def test_a_record_begins_where_the_one_before_ends(files, tmp_path):
    size = (tmp_path / "first").stat().st_size
    # Beside its data a record has 16 bytes.
    assert list(record_offsets(files[0], size)) == [0, 16, 33]


def test_every_record_has_its_file_its_offset_and_its_label(files):
    index, labels = index_records(files, parse)
    assert index.tolist() == [[0, 0], [0, 16], [0, 33], [1, 0], [1, 19]]
    assert labels.tolist() == [0, 1, 2, 3, 4]


def test_the_index_is_made_once(files, monkeypatch):
    first = index_records(files, parse)

    def fail(*args):
        raise AssertionError("indexed again")

    monkeypatch.setattr(record_index, "record_offsets", fail)
    for expected, found in zip(first, index_records(files, parse), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_labels_are_neither_read_nor_expected_where_there_are_none(files):
    for _ in range(2):  # the second time from what was kept
        index, labels = index_records(files, lambda record: (record,), labelled=False)
        assert index.shape == (5, 2)
        assert labels is None
    assert index_records(files, parse)[1].tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("missing", [1, 9, 15])
def test_a_file_that_is_cut_off_is_named(files, tmp_path, missing):
    last = tmp_path / "second"
    last.write_bytes(last.read_bytes()[:-missing])
    for labelled in (True, False):
        with pytest.raises(InputError, match="is cut off or damaged"):
            index_records(files, parse, labelled)
