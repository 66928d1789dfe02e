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


def test_a_split_without_groups_stays_what_it_was():
    labels = np.array([0] * 10 + [1] * 5 + [2] * 2 + [3])
    expected = [0, 8, 14, 16]  # of the version before there were groups
    assert stratified_split(labels, seed=7)[1].tolist() == expected
    alone = np.arange(18)[::-1]
    assert stratified_split(labels, seed=7, groups=alone)[1].tolist() == expected


def torn(groups, train, test):
    return set(groups[train]) & set(groups[test])


@pytest.mark.parametrize("seed", range(5))
def test_a_split_tears_no_group(seed):
    labels = np.repeat([0, 1], 60)
    groups = np.arange(120) // 3 % 35  # some are of both classes
    train, test = stratified_split(labels, seed=seed, groups=groups)
    assert not torn(groups, train, test)
    assert sorted([*train, *test]) == list(range(120))
    assert np.bincount(labels[test]).tolist() == [12, 12]


def test_images_of_several_labels_are_split_by_groups_too():
    groups = np.arange(20) // 2
    train, test = stratified_split(np.eye(20, dtype="int8"), seed=0, groups=groups)
    assert not torn(groups, train, test)
    assert len(test) == 4


def test_a_class_that_is_one_group_stays_in_training():
    groups = np.array([0] * 10 + [*range(1, 11)])
    _, test = stratified_split(np.repeat([0, 1], 10), seed=0, groups=groups)
    assert test.size == 2
    assert test.min() >= 10


def test_of_groups_that_are_all_larger_than_the_share_the_smallest_is_taken():
    groups = np.array([0] * 6 + [1] * 4)
    train, test = stratified_split(np.zeros(10, int), seed=0, groups=groups)
    assert test.tolist() == [6, 7, 8, 9]


def test_no_class_is_left_without_training_images():
    labels = np.array([0, 1, 1, 1])
    train, test = stratified_split(labels, seed=0, groups=np.array([0, 0, 1, 1]))
    assert test.tolist() == [2, 3]
