"""Labelled images of one split: what they are, and how the graph gets at them.

Every kind of examples has the same four members:

- `labels`: int64 array (examples,), or None where only a full read would tell them.
- `count`: number of examples.
- `image(position)`: the uint8 (or float 0..255) image (height, width, channels) at an
  int64 scalar tensor; TensorFlow ops only. `RecordStream` has `stream` instead.
- `name(position)`: what to call an example in a report.
"""

import dataclasses
import functools
import os

import numpy as np
import tensorflow as tf

from bit_keras.data import images


@dataclasses.dataclass(frozen=True)
class FileExamples:
    """Image files; only their paths are in memory."""

    paths: tuple[str, ...]
    labels: np.ndarray
    channels: int = 3

    @property
    def count(self):
        return len(self.paths)

    @property
    def multi_label(self):
        return self.labels.ndim == 2

    @functools.cached_property
    def _table(self):
        return _outside_the_graph([os.fsencode(path) for path in self.paths])

    def image(self, position):
        return images.decode(tf.io.read_file(tf.gather(self._table, position)))

    def name(self, position):
        return self.paths[position]

    def take(self, positions):
        paths = tuple(self.paths[i] for i in positions)
        return dataclasses.replace(self, paths=paths, labels=self.labels[positions])


@dataclasses.dataclass(frozen=True)
class ArrayExamples:
    """Images held in memory: (examples, height, width, channels), 0..255."""

    pixels: np.ndarray
    labels: np.ndarray

    @property
    def count(self):
        return len(self.pixels)

    @property
    def channels(self):
        # Gray pictures become colour ones, so that published networks take them.
        return 3 if self.pixels.shape[-1] == 1 else self.pixels.shape[-1]

    @property
    def multi_label(self):
        return self.labels.ndim == 2

    @functools.cached_property
    def _table(self):
        return _outside_the_graph(self.pixels)

    def image(self, position):
        image = tf.gather(self._table, position)
        return tf.image.grayscale_to_rgb(image) if image.shape[-1] == 1 else image

    def name(self, position):
        return f"row {position}"

    def take(self, positions):
        return ArrayExamples(self.pixels[positions], self.labels[positions])


@dataclasses.dataclass(frozen=True)
class RecordExamples:
    """Records of TFRecord files at known offsets.

    Args:
        files: paths of the shards.
        index: int64 array (examples, 2): file number and offset in bytes.
        labels: int64 array (examples,).
        encoded_image: function from a serialised record to the bytes of its image.
    """

    files: tuple[str, ...]
    index: np.ndarray
    labels: np.ndarray
    encoded_image: object
    channels: int = 3

    @property
    def count(self):
        return len(self.index)

    @functools.cached_property
    def _table(self):
        return _outside_the_graph(self.index)

    def image(self, position):
        return images.decode(self.encoded_image(self.record(position)))

    def record(self, position):
        """Gives the serialised record at an int64 scalar tensor; a scalar string."""
        file, offset = tf.unstack(tf.gather(self._table, position), num=2)
        # Of what can read a part of a file in the graph, only this raw operation jumps
        # to the offset; the others read all that stands before.
        from_here = tf.raw_ops.TFRecordDatasetV2(
            filenames=[tf.gather(tf.constant(self.files), file)],
            byte_offsets=[offset],
            compression_type="",
            buffer_size=0,  # else more is read than the one record
        )
        record = tf.TensorSpec((), tf.string)
        from_here = tf.data.experimental.from_variant(from_here, record)
        return from_here.take(1).get_single_element()

    def name(self, position):
        return f"record {position}"

    def take(self, positions):
        return dataclasses.replace(
            self, index=self.index[positions], labels=self.labels[positions]
        )


@dataclasses.dataclass(frozen=True)
class RecordStream:
    """Records of TFRecord files too many to index, read in shuffled blocks.

    An epoch reads the shards in an order of its own, several at a time, and shuffles
    each block of `block` encoded records. Both depend on (seed, epoch) alone, and no
    more than one block is in memory.

    Args:
        files: paths of the shards.
        count: number of examples.
        parse: function from a serialised record to (bytes of the image, label).
    """

    files: tuple[str, ...]
    count: int
    parse: object
    block: int = 2048
    shards_at_once: int = 16
    labels: None = None
    channels: int = 3

    def stream(self, seed=None):
        """Gives a data set of (encoded image, label); endless and shuffled by `seed`.

        Without a seed it is one pass in the order of the files.
        """
        if seed is None:
            return tf.data.TFRecordDataset(list(self.files)).map(self.parse)
        return tf.data.Dataset.counter().flat_map(
            lambda epoch: self._epoch(seed, epoch)
        )

    def image(self, position):
        """Gives one image by reading all before it; for a few pictures only."""
        contents, _ = next(iter(self.stream().skip(position)))
        return images.decode(contents)

    def _epoch(self, seed, epoch):
        def key(number):  # of the order of the shards (0) and of each block (from 1)
            epoch_key = tf.stack([tf.cast(seed, tf.int64), epoch])
            return tf.random.experimental.stateless_fold_in(epoch_key, number)

        files = tf.constant(self.files)
        order = _shuffled(len(self.files), key(0))
        records = tf.data.Dataset.from_tensor_slices(
            tf.gather(files, order)
        ).interleave(tf.data.TFRecordDataset, cycle_length=self.shards_at_once)

        def shuffled(number, block):
            order = _shuffled(tf.size(block), key(number + 1))
            # One by one, as to reorder the whole block would copy it at a stroke.
            return tf.data.Dataset.from_tensor_slices(order).map(lambda i: block[i])

        records = records.batch(self.block).enumerate().flat_map(shuffled)
        return records.map(self.parse, num_parallel_calls=tf.data.AUTOTUNE)

    def name(self, position):
        return f"record {position}"


def _outside_the_graph(values):
    # As a constant of the graph, a long table would be copied into every function.
    with tf.init_scope():
        return tf.constant(values)


def _shuffled(count, key):
    positions = tf.range(tf.cast(count, tf.int64))
    last = tf.cast(count, tf.int64) - 1
    return tf.random.experimental.index_shuffle(positions, seed=key, max_index=last)
