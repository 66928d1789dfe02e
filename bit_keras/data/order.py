"""Which example comes k-th, as a function of (seed, k) and without a list of them."""

import dataclasses
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from bit_keras.recipes.epochs import entries_per_group

# Keeps the draws of balanced classes apart from those of the epochs.
_BALANCED = 0x62616C616E63


@dataclasses.dataclass(frozen=True)
class Order:
    """A way to go through examples that can be had one by one.

    Args:
        make: function (examples, recipe) -> function from k, an int64 scalar tensor, to
            the position of the k-th training example; a position may come more than
            once.
        on: function from a recipe to whether it asks for this order.
    """

    make: Callable
    on: Callable


def order_of(examples, recipe):
    """Gives the function from k to a position that the recipe asks for.

    Of all `ORDERS` that it asks for, the last one counts.
    """
    chosen = [order for order in ORDERS.values() if order.on(recipe)]
    return chosen[-1].make(examples, recipe)


def _shuffled_order(examples, recipe):
    return lambda k: example_of(k, examples.count, recipe.seed)


def _balanced_order(examples, recipe):
    return balanced_order(examples.labels, recipe.seed)


def _repeated_order(examples, recipe):
    def position_of(k):
        number = repeated(k, examples.count, recipe)
        return example_of(number, examples.count, recipe.seed)

    return position_of


ORDERS = {
    "shuffled": Order(_shuffled_order, on=lambda recipe: True),
    "balanced": Order(_balanced_order, on=lambda recipe: recipe.balanced),
    "repeated": Order(_repeated_order, on=lambda recipe: recipe.repeats > 1),
}


def example_of(k, count, seed):
    """Gives the position of the k-th training example: a new order every epoch."""
    epoch, position = k // count, k % count
    return tf.random.experimental.index_shuffle(
        position, seed=tf.stack([tf.cast(seed, tf.int64), epoch]), max_index=count - 1
    )


def repeated(k, count, recipe):
    """Says which of the shuffled examples comes k-th where each comes several times.

    In an epoch, the shuffled examples, each `repeats` times in a row, are dealt out to
    the groups of `mix_group` in a batch as timm deals them out to GPUs: where there are
    as many groups as copies, no group has two copies of an image side by side.
    The epoch ends when it has had as many examples as there are, after about the first
    `1 / repeats` of the shuffled ones, with a whole batch; where there are fewer
    examples than one holds, batches go on into the next epoch.

    Args:
        k: number of an example in the run, or integers of any shape.
        count: number of examples.
        recipe: its `batch_size`, `mix_group` and `repeats`.

    Returns:
        the number k that the example has without repeats, see `example_of`.

    Reference: RepeatAugSampler in data/distributed_sampler.py of
        github.com/huggingface/pytorch-image-models; how it shuffles depends on the
        epoch alone, and here on the seed, too.
    """
    group = recipe.mix_group or recipe.batch_size
    groups = recipe.batch_size // group
    step, place = k // recipe.batch_size, k % recipe.batch_size
    entries = entries_per_group(count, groups)
    used = entries // group * group or entries  # whole batches of an epoch
    number = step * group + place % group  # of the example within its group
    epoch, number = number // used, number % used
    entry = (place // group + groups * number) % (count * recipe.repeats)
    return epoch * count + entry // recipe.repeats


def copied(stream, recipe, start):
    """Gives the shuffled records of a stream, each `repeats` times in a row.

    All records come, each equally often, before a new order begins. Copies are next to
    each other, as they are in timm on a single GPU: what `repeated` deals out to the
    groups of a batch, a stream would have to read in several places at once.

    Args:
        stream: `RecordStream`.
        recipe: its `seed` and `repeats`.
        start: number of the copy to begin with, over all copies.

    Returns:
        endless `tf.data.Dataset` of serialised records.
    """
    first, gone = divmod(start, recipe.repeats)
    records = stream.records(recipe.seed, first)
    if recipe.repeats == 1:
        return records

    def copies_of(record):
        return tf.data.Dataset.from_tensors(record).repeat(recipe.repeats)

    return records.flat_map(copies_of).skip(gone)


def balanced_order(labels, seed):
    """Gives a function from k to a position that draws every class equally often.

    Every round draws each class once, in an order of its own; the examples of a class
    all come once, in a new order, before one of them comes again.

    Args:
        labels: int64 array (examples,). Classes that none of them names are not drawn.
        seed: integer.
    """
    _, counts = np.unique(labels, return_counts=True)
    classes = len(counts)
    by_class = tf.constant(np.argsort(labels, kind="stable"), tf.int64)
    firsts = tf.constant(np.cumsum(counts) - counts, tf.int64)
    counts = tf.constant(counts, tf.int64)
    key = tf.constant([seed, _BALANCED], tf.int64)

    def position_of(k):
        draw, place = k // classes, k % classes
        number = _shuffled(place, classes, fold(key, 0, draw))
        count = tf.gather(counts, number)
        epoch, place = draw // count, draw % count
        within = _shuffled(place, count, fold(key, 1, number, epoch))
        return tf.gather(by_class, tf.gather(firsts, number) + within)

    return position_of


def fold(key, *numbers):
    """Gives the stateless seed (two integers) of these numbers under another such."""
    for number in numbers:
        key = tf.random.experimental.stateless_fold_in(key, number)
    return key


def permutation(count, key):
    """Gives the numbers below `count` in an order of the key's; int64 (count,)."""
    count = tf.cast(count, tf.int64)
    return _shuffled(tf.range(count), count, key)


def taken_in_turn(lengths, position):
    """Says where files stand that are read in turn, a record from each.

    Args:
        lengths: int64 tensor (files,), records in each; one that ends is left out from
            then on.
        position: int64 scalar below their sum, or 0.

    Returns:
        (taken, more): records that all full rounds before the position take from each
        file, int64 (files,), and how many the round begun has given.
    """
    files = tf.size(lengths, tf.int64)
    # When the i-th shortest file ends, every longer one has given as many as it:
    # given[i] = sum of ends up to i + (files - i) * ends[i]. Files of 3, 1 and 2
    # records, read as a0 b0 c0 a1 c1 a2, have ends 0 1 2 3 and given 0 3 5 6; at
    # position 4 one has ended, and the round since then has given one, a1.
    ends = tf.concat([tf.zeros([1], tf.int64), tf.sort(lengths)], axis=0)
    given = tf.cumsum(ends) + tf.range(files, -1, -1) * ends
    ended = tf.reduce_sum(tf.cast(given <= position, tf.int64)) - 1
    since = position - given[ended]
    left = tf.maximum(files - ended, 1)  # none, where all files are empty
    return tf.minimum(lengths, ends[ended] + since // left), since % left


def _shuffled(positions, count, key):
    return tf.random.experimental.index_shuffle(
        positions, seed=key, max_index=tf.cast(count, tf.int64) - 1
    )
