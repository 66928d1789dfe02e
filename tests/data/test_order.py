import dataclasses
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


def repeated_places(count, batch_size, mix_group, steps, repeats=3):
    """(epoch, place in its permutation) of the examples of some steps of each group."""
    recipe = Recipe(
        resize=2,
        crop=2,
        steps=1,
        batch_size=batch_size,
        mix_group=mix_group,
        repeats=repeats,
    )
    numbers = order.repeated(np.arange(steps * batch_size), count, recipe)
    numbers = numbers.reshape(steps, -1, mix_group or batch_size).swapaxes(0, 1)
    return np.divmod(numbers.reshape(len(numbers), -1), count)


@pytest.mark.parametrize("groups", [1, 2, 4])
@pytest.mark.parametrize(
    ("count", "group", "selected"), [(1000, 96, 768), (100, 5, 100)]
)
def test_groups_get_what_the_reference_gives_gpus(
    golden, groups, count, group, selected
):
    arrays = golden("14_samplers.npz")
    steps = selected // (groups * group)
    epochs, places = repeated_places(count, groups * group, group, 2 * steps)
    for rank in range(groups):
        for epoch in (0, 1):
            name = f"ra_n{count}_R3_round256_w{groups}_rank{rank}_epoch{epoch}"
            found = places[rank][epochs[rank] == epoch]
            permutation = arrays[f"randperm_n{count}_epoch{epoch}"]
            np.testing.assert_array_equal(permutation[found], arrays[name])


def test_a_batch_that_the_epoch_does_not_fill_is_left_out():
    epochs, places = repeated_places(100, 30, 0, 4)
    assert epochs.tolist() == [[0] * 90 + [1] * 30]
    assert places[0, 90:].tolist() == [n // 3 for n in range(30)]


def test_a_batch_of_more_than_an_epoch_goes_on_into_the_next():
    epochs, places = repeated_places(10, 24, 0, 1)
    assert epochs.tolist() == [[0] * 10 + [1] * 10 + [2] * 4]
    assert places[0, :12].tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 0, 0]


def test_copies_are_in_different_groups_of_a_batch():
    _, places = repeated_places(1000, 64, 16, 1)
    assert all(np.bincount(group).max() == 1 for group in places)
    assert np.bincount(places.ravel()).tolist() == [3] * 21 + [1]


EXAMPLES = ArrayExamples(np.zeros((50, 2, 2, 3), "uint8"), np.zeros(50, "int64"))


def test_repeated_images_are_those_that_come_first_without():
    recipe = Recipe(resize=2, crop=2, steps=1, batch_size=10, seed=1)
    thrice = dataclasses.replace(recipe, repeats=3)
    once, thrice = (
        first_positions(order.order_of(EXAMPLES, each), 100)
        for each in (recipe, thrice)
    )
    assert thrice[:50] == np.repeat(once[:17], 3)[:50].tolist()
    assert thrice[50:] == np.repeat(once[50:67], 3)[:50].tolist()  # the next epoch


def reversed_order(examples, recipe):
    return lambda k: examples.count - 1 - k % examples.count


def test_an_order_may_be_added(monkeypatch):
    backwards = order.Order(reversed_order, on=lambda recipe: recipe.seed == 1)
    monkeypatch.setitem(order.ORDERS, "backwards", backwards)
    recipe = Recipe(resize=2, crop=2, steps=1, seed=1)
    assert first_positions(order.order_of(EXAMPLES, recipe), 3) == [49, 48, 47]
