"""Images of one split: what they are, and how the graph gets at them.

Every kind of examples has the same members:

- `count`: number of examples.
- `channels`: of their images.
- `labelled`: whether they have labels.
- `multi_label`: whether images have several labels, or none.
- `labels`: int64 array (examples,); for several labels per image, an integer or bool
  array (examples, classes) of 0 and 1; None where there are none, or where only a full
  read would tell them.
- `looks`: array of str (examples,), see `bit_keras.data.looks`; None where nobody has
  looked.
- `groups`: int64 array (examples,): examples of the same number belong together, see
  `bit_keras.data.twins`; None where that is not known of any.
- `name(position)`: what to call an example in a report.
- `image(position)`: the uint8 (or float 0..255) image (height, width, channels) at an
  int64 scalar tensor; TensorFlow ops only.
- `in_order(recipe, start, share, prepare)`: data set of the examples of a training run
  from step `start` on, one after the other, as far as a machine's `batches.Share` has
  them; each is what `prepare(k, image, *label)` gives of the k-th.
- `one_pass(load)`: data set of what `load(image, *label)` gives of every example, in
  the order of their positions.
- `identity()`: a (name, content) of every example, of a stream of every file: texts
  that change with the data, but neither with where they lie nor with times.
- `indexed`: whether examples can be had one by one. Those that can have
  `take(positions)`, too: the same kind, of these examples only.

A label is an integer scalar, or a vector (classes,) of 0 and 1.
"""

import dataclasses
import functools
import os

import numpy as np
import tensorflow as tf

from bit_keras.data import images
from bit_keras.data.contents import content_hash, file_hashes
from bit_keras.data.order import order_of
from bit_keras.data.paths import path_below
from bit_keras.data.pipelines import in_parallel


class _Indexed:
    """Examples that can be had one by one, in any order."""

    indexed = True

    @property
    def labelled(self):
        return self.labels is not None

    @property
    def multi_label(self):
        return self.labelled and self.labels.ndim == 2

    def in_order(self, recipe, start, share, prepare):
        size = recipe.batch_size // share.replicas
        mine = size * share.local
        position_of = order_of(self, recipe)
        label_of = self._label_of()

        def load(number):
            step, place = number // mine, number % mine
            k = step * recipe.batch_size + share.first * size + place
            position = position_of(k)
            return prepare(k, self.image(position), *label_of(position))

        numbers = tf.data.Dataset.range(start * mine, recipe.steps * mine)
        return in_parallel(numbers, load)

    def one_pass(self, load):
        label_of = self._label_of()

        def load_at(position):
            return load(self.image(position), *label_of(position))

        return in_parallel(tf.data.Dataset.range(self.count), load_at)

    def _label_of(self):
        """Gives a function from a position to a list of its label, or of none."""
        if not self.labelled:
            return lambda position: []
        table = _outside_the_graph(self.labels)
        return lambda position: [tf.gather(table, position)]

    def take(self, positions):
        kept = {name: getattr(self, name) for name in ("labels", "looks", "groups")}
        kept = {n: None if x is None else x[positions] for n, x in kept.items()}
        return dataclasses.replace(self, **self._own_at(positions), **kept)


@dataclasses.dataclass(frozen=True)
class FileExamples(_Indexed):
    """Image files; only their paths are in memory.

    Args:
        paths: of the files.
        labels, channels, looks, groups: as above.
        root: folder of the data set, below which files are known by their paths.
    """

    paths: tuple[str, ...]
    labels: np.ndarray | None = None
    channels: int = 3
    root: str = ""
    looks: np.ndarray | None = None
    groups: np.ndarray | None = None

    @property
    def count(self):
        return len(self.paths)

    @functools.cached_property
    def _table(self):
        return _outside_the_graph([os.fsencode(path) for path in self.paths])

    def image(self, position):
        return images.read(tf.gather(self._table, position))

    def name(self, position):
        return self.paths[position]

    def identity(self):
        own = [self.name(position) for position in range(self.count)]
        names = [path_below(path, self.root) for path in own]
        return list(zip(names, file_hashes(own), strict=True))

    def _own_at(self, positions):
        return {"paths": tuple(self.paths[i] for i in positions)}


@dataclasses.dataclass(frozen=True)
class ArrayExamples(_Indexed):
    """Images held in memory: (examples, height, width, channels), 0..255."""

    pixels: np.ndarray
    labels: np.ndarray | None = None
    looks: np.ndarray | None = None
    groups: np.ndarray | None = None

    @property
    def count(self):
        return len(self.pixels)

    @property
    def channels(self):
        # Gray pictures become colour ones, so that published networks take them.
        return 3 if self.pixels.shape[-1] == 1 else self.pixels.shape[-1]

    @functools.cached_property
    def _table(self):
        return _outside_the_graph(self.pixels)

    def image(self, position):
        image = tf.gather(self._table, position)
        return tf.image.grayscale_to_rgb(image) if image.shape[-1] == 1 else image

    def name(self, position):
        return f"row {position}"

    def identity(self):
        rows = map(np.ascontiguousarray, self.pixels)
        return [(self.name(i), content_hash(row)) for i, row in enumerate(rows)]

    def _own_at(self, positions):
        return {"pixels": self.pixels[positions]}


@dataclasses.dataclass(frozen=True)
class RecordExamples(_Indexed):
    """Records of TFRecord files at known offsets.

    Args:
        files: paths of the shards.
        index: int64 array (examples, 2): file number and offset in bytes.
        labels, looks, groups: as above.
        encoded_image: function from a serialised record to the bytes of its image.
    """

    files: tuple[str, ...]
    index: np.ndarray
    labels: np.ndarray | None
    encoded_image: object
    channels: int = 3
    looks: np.ndarray | None = None
    groups: np.ndarray | None = None

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

    def identity(self):
        names = [os.path.basename(file) for file in self.files]
        hashes = file_hashes(self.files)
        return [(f"{names[f]} at {at}", hashes[f]) for f, at in self.index.tolist()]

    def _own_at(self, positions):
        return {"index": self.index[positions]}


def _outside_the_graph(values):
    # As a constant of the graph, a long table would be copied into every function, and
    # on an accelerator it would take memory that nothing there makes use of.
    with tf.init_scope(), tf.device("CPU"):
        return tf.constant(values)
