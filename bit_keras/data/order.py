"""Which example comes k-th, as a function of (seed, k) and without a list of them."""

import dataclasses
from collections.abc import Callable

import numpy as np
import tensorflow as tf

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


ORDERS = {
    "shuffled": Order(_shuffled_order, on=lambda recipe: True),
    "balanced": Order(_balanced_order, on=lambda recipe: recipe.balanced),
}


def example_of(k, count, seed):
    """Gives the position of the k-th training example: a new order every epoch."""
    epoch, position = k // count, k % count
    return tf.random.experimental.index_shuffle(
        position, seed=tf.stack([tf.cast(seed, tf.int64), epoch]), max_index=count - 1
    )


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
