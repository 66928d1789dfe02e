import itertools
import pathlib

import numpy as np
import pytest
import tensorflow as tf

from bit_keras.data.record_stream import RecordStream

LENGTHS = (4, 9, 0, 2, 6, 7, 3)
COUNT = sum(LENGTHS)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Shards of unequal length, whose records say file and number as "3:1"."""
    folder = tmp_path_factory.mktemp("shards")
    for file, length in enumerate(LENGTHS):
        with tf.io.TFRecordWriter(str(folder / str(file))) as writer:
            for number in range(length):
                writer.write(f"{file}:{number}".encode())
    return folder


def stream_of(folder, block=5, shards_at_once=3):
    files = tuple(str(folder / str(file)) for file in range(len(LENGTHS)))
    return RecordStream(files, LENGTHS, parse, block, shards_at_once)


def parse(record):
    return record, tf.strings.length(record)


def read(stream, count, seed=0, start=0):
    records = stream.records(seed, start).take(count)
    return [record.decode() for record in records.as_numpy_iterator()]


def test_without_a_seed_the_files_are_read_in_order(folder):
    records = [r.decode() for r in stream_of(folder).records().as_numpy_iterator()]
    assert records[:6] == ["0:0", "0:1", "0:2", "0:3", "1:0", "1:1"]
    assert len(records) == stream_of(folder).count == COUNT


@pytest.mark.parametrize("shards_at_once", [1, 3, 7, 20])
def test_every_epoch_holds_every_record_once_in_an_order_of_its_own(
    folder, shards_at_once
):
    both = read(stream_of(folder, shards_at_once=shards_at_once), 2 * COUNT)
    first, second = both[:COUNT], both[COUNT:]
    assert len(set(first)) == len(set(second)) == COUNT
    assert first != second


def test_a_block_holds_shuffled_records_of_all_shards_that_are_read_in_turn(folder):
    records = read(stream_of(folder, block=17, shards_at_once=7), 17)
    files = [record[0] for record in records]
    # Two rounds of all six, and one of the five that hold more than two.
    assert [files.count(file) for file in "013456"] == [3, 3, 2, 3, 3, 3]
    assert files[:6] != files[6:12]
    assert any(a[0] == b[0] and a > b for a, b in itertools.combinations(records, 2))


@pytest.mark.parametrize(("block", "shards_at_once"), [(5, 3), (4, 7), (100, 2)])
def test_a_start_anywhere_gives_what_an_unbroken_stream_gives(
    folder, block, shards_at_once
):
    stream = stream_of(folder, block, shards_at_once)
    whole = read(stream, 2 * COUNT + 3)
    for start in (1, 5, 13, 17, 24, COUNT - 1, COUNT, COUNT + 9):
        assert read(stream, 2 * COUNT + 3 - start, start=start) == whole[start:]


def test_shards_that_a_start_leaves_behind_are_not_opened(folder, tmp_path):
    stream = stream_of(folder, shards_at_once=1)
    order = list(dict.fromkeys(record[0] for record in read(stream, COUNT)))
    for file in order[-2:]:
        (tmp_path / file).write_bytes((folder / file).read_bytes())
    left = sum(LENGTHS[int(file)] for file in order[-2:])
    rest = read(stream_of(tmp_path, shards_at_once=1), left, start=COUNT - left)
    assert rest == read(stream, COUNT)[-left:]


def test_the_bytes_of_records_before_the_start_are_not_read(folder, tmp_path):
    # A record whose bytes do not fit its checksum cannot be read, but jumped over.
    stream = stream_of(folder, block=4, shards_at_once=7)
    (first, *_) = sorted(read(stream, 4))
    for file in pathlib.Path(folder).iterdir():
        contents = bytearray(file.read_bytes())
        if file.name == first[0]:
            number = int(first[2:])
            contents[number * 19 + 12] ^= 1  # 8 + 4 bytes before, 3 of data, 4 after
        (tmp_path / file.name).write_bytes(contents)
    damaged = stream_of(tmp_path, block=4, shards_at_once=7)
    assert read(damaged, 20, start=9) == read(stream, 20, start=9)
    with pytest.raises(tf.errors.DataLossError):
        read(damaged, 4)


def test_the_rank_of_the_label_tells_several_labels(folder):
    assert not stream_of(folder).multi_label
    files = (str(folder / "0"),)
    several = RecordStream(files, (4,), lambda record: (record, tf.zeros(5, tf.int8)))
    assert several.multi_label


LEFT_OUT = np.array([0, 2, 5, 11])


@pytest.mark.parametrize("shards_at_once", [1, 3, 20])
def test_what_is_left_out_is_never_read(folder, shards_at_once):
    stream = stream_of(folder, shards_at_once=shards_at_once)
    every = [r.decode() for r in stream.records().as_numpy_iterator()]
    kept = [name for n, name in enumerate(every) if n not in LEFT_OUT]
    few = stream.without(LEFT_OUT)
    assert few.count == COUNT - 4
    assert [r.decode() for r in few.records().as_numpy_iterator()] == kept
    epoch = read(few, few.count)
    assert sorted(epoch) == sorted(kept)
    assert read(few, few.count, start=few.count) != epoch


@pytest.mark.parametrize("start", [1, 4, 9, 17, 30])
def test_an_order_with_records_left_out_can_be_entered_anywhere(folder, start):
    few = stream_of(folder, shards_at_once=3).without(LEFT_OUT)
    assert read(few, 12, start=start) == read(few, start + 12)[start:]


def test_lanes_leave_out_what_the_stream_does(folder):
    few = stream_of(folder).without(LEFT_OUT)
    lanes = [lane.records() for lane in few.lanes(4)]
    records = [r.decode() for lane in lanes for r in lane.as_numpy_iterator()]
    assert sorted(records) == sorted(
        r.decode() for r in few.records().as_numpy_iterator()
    )


def test_a_file_of_which_nothing_is_left_is_not_opened(folder):
    stream = stream_of(folder)
    few = stream.without(np.arange(stream.lengths[0]))
    assert few.files[0] == stream.files[1]
    assert few.count == stream.count - stream.lengths[0]


def test_what_is_left_out_is_part_of_the_identity(folder):
    stream = stream_of(folder)
    several = [stream, *(stream.without(np.array([n])) for n in (0, 1))]
    assert len({tuple(each.identity()) for each in several}) == 3
