"""Records of large data sets, read in streams whose order can be entered anywhere."""

import dataclasses
import functools
import os

import tensorflow as tf

from bit_keras.data import images
from bit_keras.data.contents import content_hash, file_hashes
from bit_keras.data.left_out import kept_records, split_up
from bit_keras.data.order import copied, fold, permutation, taken_in_turn
from bit_keras.data.pipelines import in_parallel

# Streams that the files of a large data set are divided among, for as many machines.
MOST_LANES = 16
UNEQUAL = 1.05  # of which one may be that much longer than another


@dataclasses.dataclass(frozen=True)
class RecordStream:
    """Records of TFRecord files too many to index, read in shuffled blocks.

    An epoch takes the files in an order of its own, in groups of `shards_at_once`. The
    files of a group are read in turn, a record from each, and every `block` of these
    encoded records is shuffled. While a block is given, the next is read; no more is in
    memory. The order depends on (seed, epoch) alone and can be entered anywhere: of
    what comes before, only the rest of the block is read.

    Args:
        files: paths of the shards.
        lengths: number of records in each.
        parse: function from a serialised record to (bytes of the image, label), or to
            (bytes of the image,) where there are no labels.
        block: records that are shuffled among themselves.
        shards_at_once: files that are read in turn.
        lane: number of the stream among those that `lanes` gives.
        left_out: for each file the sorted places in it of records that are passed over,
            which `lengths` does not count; () where there are none.
    """

    files: tuple[str, ...]
    lengths: tuple[int, ...]
    parse: object
    block: int = 2048
    shards_at_once: int = 16
    lane: int = 0
    left_out: tuple[tuple[int, ...], ...] = ()
    labels: None = None
    channels: int = 3
    indexed = False
    looks = None
    groups = None

    @property
    def count(self):
        return sum(self.lengths)

    @property
    def labelled(self):
        return bool(self._label)

    @property
    def multi_label(self):
        return any(label.shape.rank == 1 for label in self._label)

    @functools.cached_property
    def _label(self):
        """The `tf.TensorSpec` of the label in a list, or none."""
        _, *label = self.records().map(self.parse).element_spec
        return label

    def in_order(self, recipe, start, share, prepare):
        # In batches of 8 from 4 lanes, each gives 2. A machine of examples 3 to 5 of a
        # batch reads the lanes 1 and 2, examples 2 to 5: its first is 1, its width 4,
        # and what they give is the run's 2 3 4 5, 10 11 12 13, …, without 2 and 10.
        batch_size = recipe.batch_size
        lanes = self.lanes(batch_size)
        each = batch_size // len(lanes)
        size = batch_size // share.replicas
        begin, end = share.first * size, (share.first + share.local) * size
        first, last = begin // each, -(-end // each)
        lanes = lanes[first:last]
        width = len(lanes) * each  # of a step, as far as these lanes give it

        def number(place):
            return place // width * batch_size + first * each + place % width

        places = tf.data.Dataset.range(start * width, recipe.steps * width)
        records = tf.data.Dataset.choose_from_datasets(
            [copied(lane, recipe, start * each) for lane in lanes],
            places.map(lambda place: place % width // each),
        )
        dataset = tf.data.Dataset.zip(places.map(number), records)
        if width > end - begin:

            def is_mine(k, record):
                return (begin <= k % batch_size) & (k % batch_size < end)

            dataset = dataset.filter(is_mine)

        def load(k, record):
            contents, *label = self.parse(record)
            return prepare(k, images.decode(contents), *label)

        return in_parallel(dataset, load)

    def one_pass(self, load):
        def load_record(record):
            contents, *label = self.parse(record)
            return load(images.decode(contents), *label)

        return in_parallel(self.records(), load_record)

    def identity(self):
        # Too many to be named one by one.
        rows = zip(self.files, self.lengths, file_hashes(self.files), strict=True)
        rows = [
            (f"{os.path.basename(file)} of {length} records", content)
            for file, length, content in rows
        ]
        if not self.left_out:
            return rows
        without = [content_hash(repr(places).encode()) for places in self.left_out]
        return [
            (n, f"{x} without {o}") for (n, x), o in zip(rows, without, strict=True)
        ]

    def without(self, positions):
        """Gives the same stream without some records; it has left none out so far.

        Args:
            positions: sorted int64 array, in the order of the files.
        """
        files, lengths, left_out = split_up(positions, self.files, self.lengths)
        return dataclasses.replace(
            self, files=files, lengths=lengths, left_out=left_out
        )

    def name(self, position):
        return f"record {position}"

    def image(self, position):
        """Gives one image by reading all before it; for a few pictures only."""
        contents, *_ = self.parse(next(iter(self.records().skip(position))))
        return images.decode(contents)

    def lanes(self, batch_size):
        """Divides the files among streams that machines can read apart.

        Each gives an equal part of every batch, the first one its first examples, so
        that what a batch holds does not depend on the number of machines. Each goes
        through its own records once before it begins again.

        Returns:
            list of `RecordStream`: as many as divide the batch and are about equally
            long, up to `MOST_LANES`.
        """

        def about_equal(number):
            counts = [sum(self.lengths[lane::number]) for lane in range(number)]
            return max(counts) <= UNEQUAL * min(counts)

        count = next(
            number
            for number in range(min(MOST_LANES, len(self.files)), 0, -1)
            if batch_size % number == 0 and about_equal(number)
        )
        return [
            dataclasses.replace(
                self,
                files=self.files[lane::count],
                lengths=self.lengths[lane::count],
                left_out=self.left_out[lane::count],
                block=max(1, self.block // count),
                shards_at_once=max(1, self.shards_at_once // count),
                lane=lane,
            )
            for lane in range(count)
        ]

    def records(self, seed=None, start=0):
        """Gives a data set of serialised records; endless and shuffled by `seed`.

        Args:
            seed: without one it is one pass in the order of the files.
            start: number of the first record of the shuffled order to give.
        """
        if seed is None and not self.left_out:
            return tf.data.TFRecordDataset(list(self.files))
        if seed is None:
            files = tf.data.Dataset.range(len(self.files))
            return files.flat_map(lambda file: self._records_of(file, 0))
        first, skipped = divmod(start, self.count)
        skipped = tf.constant(skipped, tf.int64)

        def epoch_records(epoch):
            key = fold(tf.stack([tf.cast(seed, tf.int64), epoch]), self.lane)
            return self._epoch(key, tf.where(epoch == first, skipped, 0))

        return tf.data.Dataset.counter(first).flat_map(epoch_records)

    def _epoch(self, key, start):
        # The groups' first records have these numbers in the epoch: of files of 5, 3, 4
        # and 2 records, two at once, 0 and 8; the groups end at 8 and 14.
        files = permutation(len(self.files), fold(key, 0))
        ends = tf.cumsum(tf.gather(tf.constant(self.lengths, tf.int64), files))
        starts = tf.concat([[0], ends[:-1]], axis=0)[:: self.shards_at_once]
        ends = tf.concat([starts[1:], ends[-1:]], axis=0)

        def group_records(number):
            group = files[number * self.shards_at_once :][: self.shards_at_once]
            skipped = tf.maximum(start - starts[number], 0)
            return self._group(group, fold(key, 1, number), skipped)

        # Groups that end before the start are not opened.
        first = tf.reduce_sum(tf.cast(ends <= start, tf.int64))
        groups = tf.data.Dataset.range(first, tf.size(ends, tf.int64))
        return groups.flat_map(group_records)

    def _group(self, group, key, start):
        first, skipped = start // self.block, start % self.block
        lengths = tf.gather(tf.constant(self.lengths, tf.int64), group)
        taken, more = taken_in_turn(lengths, first * self.block)
        unfinished = taken < lengths
        left = [tf.boolean_mask(values, unfinished) for values in (group, taken)]

        def shuffled(number, block):
            order = permutation(tf.size(block), fold(key, number))
            order = order[tf.where(number == first, skipped, 0) :]
            # One by one, as to reorder the whole block would copy it at a stroke.
            return tf.data.Dataset.from_tensor_slices(order).map(lambda i: block[i])

        records = tf.data.Dataset.from_tensor_slices(tuple(left)).interleave(
            self._records_of, cycle_length=self.shards_at_once
        )
        blocks = records.skip(more).batch(self.block).prefetch(1)
        return blocks.enumerate(first).flat_map(shuffled)

    def _records_of(self, file, taken):
        """Gives the records of a file that follow the first `taken` ones."""
        path = tf.gather(tf.constant(self.files), file)
        # A record that is skipped is jumped over, as far as the buffer has not read it.
        records = tf.data.TFRecordDataset(path, buffer_size=1 << 14)
        if not self.left_out:
            return records.skip(taken)
        places = tf.ragged.constant(self.left_out, tf.int64)[file]
        return kept_records(records, places, taken)
