import pytest

from bit_keras.recipes import Recipe
from bit_keras.recipes.epochs import (
    entries_per_group,
    steps_of_epoch,
    steps_per_epoch,
)

IMAGENET = 1_281_167


@pytest.mark.parametrize(
    ("epochs", "thousands"),
    [(600, 375), (300, 187.5), (100, 62.5)],
)
def test_steps_on_imagenet_are_those_of_the_paper(epochs, thousands):
    # "ResNet strikes back", table 1, forward passes.
    assert epochs * steps_per_epoch(IMAGENET, 2048, 512) == 1000 * thousands
    assert epochs * steps_per_epoch(IMAGENET, 2048) == 1000 * thousands


def test_an_epoch_is_as_long_as_that_of_the_reference(golden):
    arrays = golden("14_samplers.npz")
    compared = 0
    for count, _, rounded, groups, expected in arrays["cases"]:
        if rounded == 256:
            assert entries_per_group(int(count), int(groups)) == expected
            compared += 1
    assert compared == 12


def test_a_last_batch_that_is_not_full_is_left_out():
    assert steps_per_epoch(1000, 100) == 7


def test_an_epoch_of_less_than_a_batch_is_a_part_of_a_step():
    assert steps_per_epoch(30, 120, 40) == 0.25


def test_an_epoch_is_never_without_examples():
    assert entries_per_group(256, 512) == 1


@pytest.mark.parametrize(("whole", "steps"), [(True, 43), (False, 43.75)])
def test_a_last_batch_that_is_not_full_may_count(whole, steps):
    recipe = Recipe(resize=8, crop=8, steps=1, batch_size=64)
    assert steps_of_epoch(recipe, 2800, whole=whole) == steps


def test_less_than_a_batch_is_a_part_of_a_step():
    recipe = Recipe(resize=8, crop=8, steps=1, batch_size=64)
    assert steps_of_epoch(recipe, 16, whole=True) == 0.25


def test_an_epoch_with_repeats_is_that_of_the_sampler():
    recipe = Recipe(resize=8, crop=8, steps=1, batch_size=64, mix_group=16, repeats=3)
    assert steps_of_epoch(recipe, 2800, whole=False) == 2800 // 256 * 256 / 64
