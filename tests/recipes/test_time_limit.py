import dataclasses

import pytest

from bit_keras.recipes import (
    SIZES,
    bit_hyperrule,
    from_closed_form,
    with_batch_size,
    with_equal_work,
    within_minutes,
)
from bit_keras.recipes.time_limit import LEAST_STEPS, MOST_STEPS

RULE = bit_hyperrule(1000, (224, 224))  # 500 steps of 512 images at 480 px


def quick(milliseconds_at_480):
    """A machine that takes so long for an image of 480 px, in proportion to area."""
    return lambda crop: milliseconds_at_480 / 1000 * (crop / 480) ** 2


def seconds(recipe, machine, num_test=0):
    return (recipe.steps * recipe.batch_size + num_test / 3) * machine(recipe.crop)


def test_recipe_that_fits_stays_as_it_is():
    # 256,000 images of 0.1 ms are 26 s.
    assert within_minutes(RULE, 1, quick(0.1)) == (RULE, True)


def test_batch_that_is_no_power_of_two_stays_if_it_fits():
    recipe = with_batch_size(RULE, 100)
    assert within_minutes(recipe, 1, quick(0.1)) == (recipe, True)


def test_batch_is_cut_first_and_the_learning_rate_with_it():
    # 500 steps of 1 ms an image: 256 s with 512 images, 128 s with 256, 64 s with 128.
    changed, fits = within_minutes(RULE, 2, quick(1))
    assert changed == with_batch_size(RULE, 128)
    assert fits


def test_steps_are_cut_next_with_warm_up_and_decay():
    # 500 steps of 32 images of 10 ms: 160 s; a minute less a tenth has 168 steps.
    changed, fits = within_minutes(RULE, 1, quick(10))
    assert (changed.batch_size, changed.steps, changed.crop) == (32, 168, 480)
    assert changed.warmup_steps == 34
    assert changed.decay_at == (67, 101, 134)
    assert fits


def test_resolution_is_cut_last():
    # 100 steps of 32 images of 50 ms at 480 px: 160 s; at 256 px: 46 s.
    changed, fits = within_minutes(RULE, 1, quick(50))
    assert (changed.batch_size, changed.crop, changed.resize) == (32, 256, 273)
    assert changed.steps >= 100
    assert fits


def test_smaller_images_do_not_add_steps():
    recipe = dataclasses.replace(RULE, steps=100, batch_size=32)
    # 99 steps fit with images of 480 px, 155 with 384 px.
    changed, fits = within_minutes(recipe, 1, quick(17))
    assert (changed.steps, changed.crop) == (100, 384)
    assert fits


def test_smallest_choice_is_given_where_nothing_fits():
    changed, fits = within_minutes(RULE, 1, quick(10_000))
    assert (changed.batch_size, changed.steps, changed.crop) == (32, 100, 64)
    assert not fits


def test_images_of_the_evaluation_count_a_third():
    machine = quick(0.2)  # 51.2 s of training in a budget of 54 s
    assert within_minutes(RULE, 1, machine, num_test=40_000)[0] == RULE
    assert within_minutes(RULE, 1, machine, num_test=45_000)[0] != RULE


@pytest.mark.parametrize("num_test", [0, 3000])
@pytest.mark.parametrize("milliseconds", [0.01, 0.3, 3, 20, 45, 90, 300])
@pytest.mark.parametrize("minutes", [0.5, 2, 30])
def test_recipe_said_to_fit_keeps_within_nine_tenths(minutes, milliseconds, num_test):
    machine = quick(milliseconds)
    changed, fits = within_minutes(RULE, minutes, machine, num_test=num_test)
    assert fits == (seconds(changed, machine, num_test) <= 54 * minutes)


def test_short_recipe_is_not_made_longer():
    recipe = dataclasses.replace(RULE, steps=20, warmup_steps=2, decay_at=(10,))
    changed, _ = within_minutes(recipe, 1, quick(10_000))
    assert changed.steps == 20


def test_small_images_are_not_made_larger():
    recipe = dataclasses.replace(RULE, resize=60, crop=48)
    changed, _ = within_minutes(recipe, 1, quick(1e6))
    assert (changed.resize, changed.crop) == (60, 48)


def test_a_solved_head_goes_on_with_the_largest_images_of_which_enough_fit():
    # Of 2 minutes, 84 s are for training: 328 steps of 32 images of 8 ms.
    recipe = from_closed_form(RULE, 2, lambda crop: 0.008 * (crop / 128) ** 2)
    assert (recipe.crop, recipe.batch_size, recipe.minutes) == (128, 32, 2)
    assert recipe.resize == round(128 * 512 / 480)
    assert recipe.steps == 2 * 328
    assert (recipe.head, recipe.schedule) == ("closed_form", "constant")
    assert recipe.cropping == "inception"
    assert recipe.decay_at == ()


@pytest.mark.parametrize("minutes", [2, 1, 0.5])
def test_little_time_is_not_spent_on_smaller_images(minutes):
    # 328 steps of 128 px in two minutes, and so 82 in a half: 62 are enough.
    recipe = from_closed_form(RULE, minutes, lambda crop: 0.008 * (crop / 128) ** 2)
    assert recipe.crop == 128


def test_a_solved_head_goes_on_with_small_images_where_none_fit():
    recipe = from_closed_form(RULE, 0.01, lambda crop: 1.0)
    assert recipe.crop == min(SIZES)
    assert recipe.steps >= 1
    assert recipe.evaluate_every >= 1


def test_a_solved_head_goes_on_for_no_more_steps_than_memory_has_rates_for():
    recipe = from_closed_form(RULE, 1e9, lambda crop: 0.001)
    assert recipe.steps == MOST_STEPS
    assert with_equal_work(recipe, 32).steps == MOST_STEPS


def test_smaller_images_of_equal_work_are_more():
    recipe = dataclasses.replace(
        RULE, crop=128, resize=160, steps=40, warmup_steps=4, evaluate_every=5
    )
    smaller = with_equal_work(recipe, 64)
    assert (smaller.crop, smaller.resize) == (64, 80)
    assert (smaller.steps, smaller.warmup_steps) == (160, 16)
    assert smaller.evaluate_every == 20


def test_images_that_are_not_to_be_cropped_stay_whole():
    rule = dataclasses.replace(RULE, cropping="none")
    assert from_closed_form(rule, 2, lambda crop: 1e-3).cropping == "none"


def test_larger_test_images_take_their_time():
    # 3 images of 64 px are tested in the time of one of 128 px in training.
    recipe = dataclasses.replace(RULE, crop=64, resize=64, steps=LEAST_STEPS)
    larger = dataclasses.replace(recipe, test_scale=2.0)

    def fits(recipe, images):
        return within_minutes(recipe, 1, lambda crop: crop**2 / 1e6, num_test=images)[1]

    assert fits(recipe, 20_000)
    assert fits(larger, 5_000)
    assert not fits(larger, 20_000)


def test_groups_of_mixed_images_go_with_the_batch():
    recipe = dataclasses.replace(RULE, mixup_alpha=0.1, mix_group=128)
    changed, _ = within_minutes(recipe, 1, quick(10))
    assert (changed.batch_size, changed.mix_group) == (32, 8)


def test_a_solved_head_goes_on_with_a_rate_that_may_change_with_every_step():
    recipe = dataclasses.replace(RULE, mixup_alpha=0.1, mix_group=128, lr_every=50)
    changed = from_closed_form(recipe, 2, lambda crop: 0.001)
    assert (changed.lr_every, changed.mix_group) == (1, 8)
