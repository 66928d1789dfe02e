"""Data sets of TensorFlow Datasets, in its TFRecord format."""

import contextlib
import hashlib
import os
import socket
import struct
import urllib.parse
import urllib.request
import zipfile
from pathlib import Path

import numpy as np
import tensorflow as tf
from tqdm import tqdm

from bit_keras.data import headers
from bit_keras.data.examples import RecordExamples
from bit_keras.data.record_stream import RecordStream
from bit_keras.data.sources import ImageData, median_size
from bit_keras.errors import InputError, suggestion
from bit_keras.files import replacing
from bit_keras.weights import cache_folder

# Above this many examples of a split, its records are streamed instead of indexed; or
# above this many bytes of labels, where every example has one for each class.
MOST_INDEXED = 200_000
MOST_LABELS = 10**9
SIZES_LOOKED_AT = 100


def open_tfds(name, data_dir=None):
    """Opens a prepared data set, or downloads and prepares it.

    Raises:
        InputError: if it is unknown, is no classification set, or cannot be had.
    """
    builder = _prepared_builder(name, data_dir)
    image_key, label_key = _image_and_label(builder)
    class_names = _class_label(builder.info.features[label_key]).names
    parse = _parser(builder, image_key, label_key)
    parts, notes = {}, []
    for split, source in (
        ("train", "train"),
        ("test", "test"),
        ("val", "validation"),
    ):
        if source not in builder.info.splits:
            continue
        info = builder.info.splits[source]
        examples = _examples(info, parse, len(class_names))
        # Challenges keep the labels of their test images to themselves: -1.
        if examples.labels is not None and examples.labels.min() < 0:
            notes.append(f"The split '{source}' is left out: it has no labels.")
        else:
            parts[split] = examples
    if "train" not in parts:
        raise InputError(f"The data set {name} has no split 'train' with labels.")
    heights, widths = _sizes(builder.info.splits["train"], parse)
    return ImageData(
        name=builder.name,
        class_names=tuple(class_names),
        parts=parts,
        image_size=median_size(heights, widths),
        notes=tuple(notes),
    )


def _prepared_builder(name, data_dir):
    import tensorflow_datasets as tfds

    try:
        builder = tfds.builder(name, data_dir=data_dir)
    except (
        tfds.core.registered.DatasetNotFoundError,
        ValueError,
        AssertionError,  # no such version
    ) as error:
        known = tfds.list_builders()
        if name.split(":")[0].split("/")[0] in known:
            reason = str(error).splitlines()[0]
            raise InputError(
                f"The data set {name} cannot be opened: {reason}"
            ) from None
        raise InputError(
            f"'{name}' is neither a file or folder nor a data set of TensorFlow "
            f"Datasets.{suggestion(name, known)}"
        ) from None
    if not builder.info.splits:
        try:
            _require_network(builder)
            builder.download_and_prepare()
        except Exception as error:  # a builder may raise anything
            raise InputError(
                f"The data set {name} is not in '{builder.data_dir}' and could not be "
                f"downloaded ({error}); prepare it where there is a network and copy "
                "the folder there, or name its parent with --data-dir."
            ) from error
    return builder


def _require_network(builder):
    """Raises at once what a download would find out after minutes of retries."""
    if urllib.request.getproxies():
        return
    for url in list(builder.url_infos or ())[:1]:
        host = urllib.parse.urlsplit(url).hostname
        socket.create_connection((host, 443), timeout=10).close()


def _image_and_label(builder):
    """Gives the names of the image and of the label, or labels, of an example."""
    import tensorflow_datasets as tfds

    features = builder.info.features
    of_images = [n for n in features if isinstance(features[n], tfds.features.Image)]
    of_labels = [n for n in features if _class_label(features[n]) is features[n]]
    of_labels = of_labels or [n for n in features if _class_label(features[n])]
    keys = builder.info.supervised_keys or (None, None)
    found = []
    for kind, key, names in (
        ("Image", keys[0], of_images),
        ("ClassLabel", keys[1], of_labels),
    ):
        if key not in names and len(names) != 1:
            raise InputError(
                f"The data set {builder.name} is not made for classifying images: it "
                f"has {len(names)} features of the kind {kind}."
            )
        found.append(key if key in names else names[0])
    return found


def _class_label(feature):
    """Gives the `ClassLabel` that a feature is, or is a sequence of; else None."""
    import tensorflow_datasets as tfds

    if isinstance(feature, tfds.features.Sequence):
        feature = feature.feature
    return feature if isinstance(feature, tfds.features.ClassLabel) else None


def _parser(builder, image_key, label_key):
    """Gives a function from a serialised record to (bytes of the image, label)."""
    import tensorflow_datasets as tfds

    keys = dict.fromkeys((image_key, label_key), True)
    everything = builder.info.features
    features = tfds.decode.PartialDecoding(keys).extract_features(everything)
    classes = _class_label(everything[label_key]).num_classes

    def parse(record):
        example = features.deserialize_example(
            record, decoders={image_key: tfds.decode.SkipDecoding()}
        )
        label = example[label_key]
        if label.shape.rank == 1:
            present = tf.one_hot(label, classes, True, False, dtype=tf.bool)
            label = tf.cast(tf.reduce_any(present, axis=0), tf.int8)
        return example[image_key], label

    return parse


def _examples(info, parse, num_classes):
    files = tuple(str(path) for path in info.filepaths)
    stream = RecordStream(files, tuple(info.shard_lengths), parse)
    size = info.num_examples * num_classes if stream.multi_label else 0
    if info.num_examples > MOST_INDEXED or size > MOST_LABELS:
        return stream
    index, labels = _index(files, parse)
    return RecordExamples(
        files=files,
        index=index,
        labels=labels,
        encoded_image=lambda record: parse(record)[0],
    )


def _index(files, parse):
    """Gives (file, offset) and label of every record; made once and kept."""
    stats = [(file, os.stat(file)) for file in files]
    key = repr([(file, stat.st_size, stat.st_mtime_ns) for file, stat in stats])
    name = hashlib.sha256(key.encode()).hexdigest()[:24]
    path = cache_folder() / "record_offsets" / f"{name}.npz"
    if path.exists():
        damage = contextlib.suppress(OSError, ValueError, KeyError, zipfile.BadZipFile)
        with damage, np.load(path, allow_pickle=False) as saved:
            return saved["index"], saved["labels"]
    bar = tqdm(stats, desc="indexing records", unit="file", delay=2, leave=False)
    try:
        rows = [
            (number, offset)
            for number, (file, stat) in enumerate(bar)
            for offset in _record_offsets(file, stat.st_size)
        ]
        labels = _labels(files, parse)
    except (struct.error, tf.errors.DataLossError) as error:
        raise InputError(
            f"One of the files '{files[0]}' … is cut off or damaged; copy or prepare "
            f"the data set again ({str(error).splitlines()[0]})."
        ) from None
    index = np.array(rows, "int64").reshape(-1, 2)
    # A lost memory must not cost the user the work.
    with contextlib.suppress(InputError), replacing(path) as partial:
        np.savez(partial, index=index, labels=labels)
    return index, labels


def _labels(files, parse):
    records = tf.data.TFRecordDataset(list(files)).map(
        lambda record: parse(record)[1], num_parallel_calls=tf.data.AUTOTUNE
    )
    return np.concatenate([batch.numpy() for batch in records.batch(4096)])


def _record_offsets(file, size):
    # A record is its length (8 bytes), a checksum (4), the data and a checksum (4).
    with Path(file).open("rb") as stream:
        position = 0
        while position < size:
            stream.seek(position)
            (length,) = struct.unpack("<Q", stream.read(8))
            yield position
            position += length + 16


def _sizes(info, parse):
    files = [str(path) for path in info.filepaths]
    records = tf.data.TFRecordDataset(files).take(SIZES_LOOKED_AT)
    sizes = records.map(lambda record: headers.header_size(parse(record)[0]))
    return zip(*((int(height), int(width)) for height, width in sizes), strict=True)
