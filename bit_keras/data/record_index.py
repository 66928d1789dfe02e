"""Where the records of TFRecord files begin, so that any of them can be read alone."""

import contextlib
import hashlib
import os
import struct
import zipfile
from pathlib import Path

import numpy as np
import tensorflow as tf
from tqdm import tqdm

from bit_keras.data.pipelines import in_parallel
from bit_keras.errors import InputError
from bit_keras.files import cache_folder, replacing


def index_records(files, parse, labelled=True):
    """Finds offset and label of every record; made once and kept.

    Args:
        files: paths of the TFRecord files.
        parse: see `RecordStream`.
        labelled: whether `parse` gives labels.

    Returns:
        (index, labels): int64 (records, 2), file number and offset in bytes; and the
        labels (records,) or (records, classes), or None.

    Raises:
        InputError: if a file is cut off or damaged.
    """
    stats = [(file, os.stat(file)) for file in files]
    path = _kept_at(stats, labelled)
    if path.exists():
        damage = contextlib.suppress(OSError, ValueError, KeyError, zipfile.BadZipFile)
        with damage, np.load(path, allow_pickle=False) as saved:
            return saved["index"], saved["labels"] if labelled else None
    bar = tqdm(stats, desc="indexing records", unit="file", delay=2, leave=False)
    try:
        rows = [
            (number, offset)
            for number, (file, stat) in enumerate(bar)
            for offset in record_offsets(file, stat.st_size)
        ]
        labels = _labels(files, parse) if labelled else None
    except (EOFError, tf.errors.DataLossError) as error:
        raise InputError(
            f"One of the files '{files[0]}' … is cut off or damaged; copy or prepare "
            f"the data set again ({str(error).splitlines()[0]})."
        ) from None
    arrays = {"index": np.array(rows, "int64").reshape(-1, 2)}
    if labelled:
        arrays["labels"] = labels
    # A lost memory must not cost the user the work.
    with contextlib.suppress(InputError), replacing(path) as partial:
        np.savez(partial, **arrays)
    return arrays["index"], labels


def _kept_at(stats, labelled):
    facts = [(file, stat.st_size, stat.st_mtime_ns) for file, stat in stats]
    name = hashlib.sha256(repr(facts).encode()).hexdigest()[:24]
    kind = "" if labelled else "-without-labels"
    return cache_folder() / "record_offsets" / f"{name}{kind}.npz"


def _labels(files, parse):
    records = tf.data.TFRecordDataset(list(files))
    labels = in_parallel(records, lambda record: parse(record)[1])
    return np.concatenate([batch.numpy() for batch in labels.batch(4096)])


def record_offsets(file, size):
    """Yields where the records of a file of `size` bytes begin.

    Raises:
        EOFError: at the end, if the last record is cut off.
    """
    # A record is its length (8 bytes), a checksum (4), the data and a checksum (4).
    with Path(file).open("rb") as stream:
        position = 0
        while position < size:
            stream.seek(position)
            head = stream.read(8)
            if len(head) < 8:
                raise EOFError("the last record has no length")
            yield position
            position += struct.unpack("<Q", head)[0] + 16
    if position > size:
        raise EOFError("the last record is shorter than its length")
