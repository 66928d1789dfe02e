"""Labelled images of one split: what they are, and how the graph gets at them.

Every kind of examples has the same members:

- `labels`: int64 array (examples,); for several labels per image, an integer or bool
  array (examples, classes) of 0 and 1; None where only a full read would tell them.
- `multi_label`: whether images have several labels.
- `count`: number of examples.
- `image(position)`: the uint8 (or float 0..255) image (height, width, channels) at an
  int64 scalar tensor; TensorFlow ops only. `record_stream.RecordStream` has
  `records` for batches.
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
        labels: as above.
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

    @property
    def multi_label(self):
        return self.labels.ndim == 2

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


def _outside_the_graph(values):
    # As a constant of the graph, a long table would be copied into every function, and
    # on an accelerator it would take memory that nothing there makes use of.
    with tf.init_scope(), tf.device("CPU"):
        return tf.constant(values)
