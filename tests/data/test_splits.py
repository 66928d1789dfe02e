import numpy as np
import pytest

from bit_keras.data.splits import examples_per_class, stratified_split
from bit_keras.errors import InputError

LABELS = np.array([0] * 50 + [1] * 10 + [2] * 2 + [3])


def test_every_class_gives_a_fifth_to_the_test_part_but_keeps_one_for_training():
    train, test = stratified_split(LABELS, seed=0)
    assert np.bincount(LABELS[test], minlength=4).tolist() == [10, 2, 1, 0]
    assert np.bincount(LABELS[train], minlength=4).tolist() == [40, 8, 1, 1]
    assert sorted([*train, *test]) == list(range(63))


def test_a_split_depends_on_its_seed_alone():
    first, again, other = (stratified_split(LABELS, seed=s)[1] for s in (3, 3, 4))
    assert first.tolist() == again.tolist()
    assert first.tolist() != other.tolist()


def test_few_shot_draws_as_many_of_each_class_without_repeating():
    chosen = examples_per_class(LABELS[:60], 7, ["a", "b"], seed=0)
    assert np.bincount(LABELS[chosen]).tolist() == [7, 7]
    assert len(set(chosen.tolist())) == 14


def test_too_many_per_class_says_which_class_is_short():
    with pytest.raises(
        InputError, match=r"--examples-per-class 5 .* 'c' has 2, 'd' has 1"
    ):
        examples_per_class(LABELS, 5, ["a", "b", "c", "d"], seed=0)


def test_images_of_several_labels_are_split_at_random():
    labels = np.eye(10, dtype="int8")
    train, test = stratified_split(labels, seed=0)
    assert len(test) == 2
    assert sorted([*train, *test]) == list(range(10))
