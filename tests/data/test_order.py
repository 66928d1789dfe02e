import itertools

import numpy as np
import pytest
import tensorflow as tf

from bit_keras.data import order
from bit_keras.data.examples import ArrayExamples
from bit_keras.data.order import balanced_order, example_of, taken_in_turn
from bit_keras.recipes import Recipe

# Class 0 has one example, class 2 has four, class 3 two; nothing is of class 1.
LABELS = np.array([2, 0, 2, 3, 2, 3, 2])


def first_positions(order, count):
    return [int(order(tf.constant(k, tf.int64))) for k in range(count)]


def test_order_of_two_epochs_is_a_permutation_each():
    positions = first_positions(lambda k: example_of(k, 5, 0), 10)
    assert sorted(positions[:5]) == sorted(positions[5:]) == [0, 1, 2, 3, 4]


def test_balanced_rounds_draw_every_class_once_in_changing_order():
    positions = first_positions(balanced_order(LABELS, 0), 36)
    rounds = LABELS[positions].reshape(12, 3)
    assert all(sorted(classes) == [0, 2, 3] for classes in rounds)
    assert len(set(map(tuple, rounds.tolist()))) > 3


def test_balanced_draws_take_all_of_a_class_before_one_comes_again():
    positions = np.array(first_positions(balanced_order(LABELS, 0), 48))
    of_class_2 = positions[LABELS[positions] == 2].reshape(4, 4)
    assert all(sorted(epoch) == [0, 2, 4, 6] for epoch in of_class_2)
    assert len(set(map(tuple, of_class_2.tolist()))) > 1


def test_balanced_order_depends_on_the_seed_alone():
    first, again, other = (
        first_positions(balanced_order(LABELS, seed), 20) for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other


@pytest.mark.parametrize("lengths", [[3, 1, 4], [2, 2], [0, 5, 0, 2, 2], [6]])
def test_files_read_in_turn_are_entered_anywhere(lengths):
    files = [[(n, i) for i in range(length)] for n, length in enumerate(lengths)]
    in_turn = itertools.chain(*itertools.zip_longest(*files))
    whole = [record for record in in_turn if record is not None]
    for position in range(len(whole)):
        taken, more = taken_in_turn(
            tf.constant(lengths, tf.int64), tf.constant(position, tf.int64)
        )
        assert int(tf.reduce_sum(taken) + more) == position
        rest = itertools.chain(
            *itertools.zip_longest(
                *(file[n:] for file, n in zip(files, taken.numpy(), strict=True))
            )
        )
        rest = [record for record in rest if record is not None]
        assert rest[int(more) :] == whole[position:]


def repeated(examples, recipe):
    return lambda k: example_of(k // 3, examples.count, recipe.seed)


def test_an_order_may_repeat_an_image(monkeypatch):
    repeating = order.Order(repeated, on=lambda recipe: recipe.seed == 1)
    monkeypatch.setitem(order.ORDERS, "repeated", repeating)
    examples = ArrayExamples(np.zeros((5, 2, 2, 3), "uint8"), np.zeros(5, "int64"))
    orders = [
        order.order_of(examples, Recipe(resize=2, crop=2, steps=1, seed=seed))
        for seed in (0, 1)
    ]
    once, thrice = (first_positions(position_of, 15) for position_of in orders)
    assert sorted(once[:5]) == [0, 1, 2, 3, 4]
    assert thrice[::3] == thrice[1::3] == thrice[2::3]
    assert sorted(thrice[::3]) == [0, 1, 2, 3, 4]
