"""Records of files that are passed over, as if they were not there."""

import numpy as np
import tensorflow as tf


def split_up(positions, files, lengths):
    """Finds in which places of which files the records to leave out are.

    Args:
        positions: sorted int64 array, counted through all files.
        files, lengths: tuples: the files, and how many records each has.

    Returns:
        (files, lengths, places): those of which something is left, how much that is,
        and for each the sorted places of what is passed over.
    """
    ends = np.cumsum(lengths)
    of_files = np.searchsorted(ends, positions, side="right")
    places = positions - (ends - lengths)[of_files]
    rows = []
    for number, (file, length) in enumerate(zip(files, lengths, strict=True)):
        own = tuple(places[of_files == number].tolist())
        # A file of which nothing is left would have no place in the order.
        if len(own) < length:
            rows.append((file, length - len(own), own))
    return zip(*rows, strict=True)


def kept_records(records, places, taken):
    """Gives the records of a file that follow the first `taken` ones that are kept.

    Args:
        records: data set of all its records.
        places: sorted int64 tensor of those that are passed over.
        taken: int64 scalar tensor.
    """
    # Without places 1 and 2, the record that follows the first one kept is at 3.
    kept_before = places - tf.range(tf.size(places, tf.int64))
    first = taken + tf.reduce_sum(tf.cast(kept_before <= taken, tf.int64))
    records = records.skip(first).enumerate(first)
    records = records.filter(lambda place, record: tf.reduce_all(place != places))
    return records.map(lambda place, record: record)
