"""Data sets of TensorFlow Datasets, in its TFRecord format."""

import socket
import urllib.parse
import urllib.request

import tensorflow as tf

from bit_keras.data import headers
from bit_keras.data.examples import RecordExamples
from bit_keras.data.image_data import ImageData, median_size
from bit_keras.data.pipelines import in_parallel
from bit_keras.data.record_index import index_records
from bit_keras.data.record_stream import RecordStream
from bit_keras.errors import InputError, suggestion

# Above this many examples of a split, its records are streamed instead of indexed; or
# above this many bytes of labels, where every example has one for each class.
MOST_INDEXED = 200_000
MOST_LABELS = 10**9
SIZES_LOOKED_AT = 100
SPLITS = {"train": "train", "test": "test", "val": "validation"}


def open_tfds(name, data_dir=None, labelled=True, testing=False):
    """Opens a prepared data set, or downloads and prepares it.

    Args:
        name: as TensorFlow Datasets calls it.
        data_dir: its folder.
        labelled: False leaves labels aside.
        testing: a split "train" is not needed.

    Raises:
        InputError: if it is unknown, is no classification set, or cannot be had.
    """
    builder = _prepared_builder(name, data_dir)
    image_key = _image_key(builder)
    label_key = _label_key(builder) if labelled else None
    class_names = ()
    if labelled:
        class_names = tuple(_class_label(builder.info.features[label_key]).names)
    parse = _parser(builder, image_key, label_key)
    parts, notes = _parts(builder.info.splits, parse, len(class_names))
    if "train" not in parts and not (testing and parts):
        with_labels = " with labels" if labelled else ""
        raise InputError(f"The data set {name} has no split 'train'{with_labels}.")
    heights, widths = _sizes(builder.info.splits[SPLITS[next(iter(parts))]], parse)
    return ImageData(
        name=builder.name,
        class_names=class_names,
        parts=parts,
        image_size=median_size(heights, widths),
        notes=tuple(notes),
    )


def _parts(infos, parse, num_classes):
    """Gives split -> examples, and sentences on splits that are left out."""
    parts, notes = {}, []
    for split, source in SPLITS.items():
        if source not in infos:
            continue
        examples = _examples(infos[source], parse, num_classes)
        # Challenges keep the labels of their test images to themselves: -1.
        if examples.labels is not None and examples.labels.min() < 0:
            notes.append(f"The split '{source}' is left out: it has no labels.")
        else:
            parts[split] = examples
    return parts, notes


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


def _image_key(builder):
    """Gives the name of the image of an example."""
    import tensorflow_datasets as tfds

    features = builder.info.features
    names = [n for n in features if isinstance(features[n], tfds.features.Image)]
    return _one_of(names, 0, "Image", builder)


def _label_key(builder):
    """Gives the name of the label, or labels, of an example."""
    features = builder.info.features
    names = [n for n in features if _class_label(features[n]) is features[n]]
    names = names or [n for n in features if _class_label(features[n])]
    return _one_of(names, 1, "ClassLabel", builder)


def _one_of(names, place, kind, builder):
    """Gives the name that the builder has at a place of its keys, or the only one."""
    key = (builder.info.supervised_keys or (None, None))[place]
    if key in names:
        return key
    if len(names) == 1:
        return names[0]
    raise InputError(
        f"The data set {builder.name} is not made for classifying images: it has "
        f"{len(names)} features of the kind {kind}."
    )


def _class_label(feature):
    """Gives the `ClassLabel` that a feature is, or is a sequence of; else None."""
    import tensorflow_datasets as tfds

    if isinstance(feature, tfds.features.Sequence):
        feature = feature.feature
    return feature if isinstance(feature, tfds.features.ClassLabel) else None


def _parser(builder, image_key, label_key):
    """Gives a function from a serialised record to (bytes of the image, label).

    Without a label's key it is to (bytes of the image,).
    """
    import tensorflow_datasets as tfds

    keys = {key: True for key in (image_key, label_key) if key is not None}
    everything = builder.info.features
    features = tfds.decode.PartialDecoding(keys).extract_features(everything)
    skipped = {image_key: tfds.decode.SkipDecoding()}

    def parse(record):
        example = features.deserialize_example(record, decoders=skipped)
        if label_key is None:
            return (example[image_key],)
        label = example[label_key]
        if label.shape.rank == 1:
            classes = _class_label(everything[label_key]).num_classes
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
    index, labels = index_records(files, parse, stream.labelled)
    return RecordExamples(
        files=files,
        index=index,
        labels=labels,
        encoded_image=lambda record: parse(record)[0],
    )


def _sizes(info, parse):
    files = [str(path) for path in info.filepaths]
    records = tf.data.TFRecordDataset(files).take(SIZES_LOOKED_AT)
    sizes = in_parallel(records, lambda record: headers.header_size(parse(record)[0]))
    return zip(*((int(height), int(width)) for height, width in sizes), strict=True)
