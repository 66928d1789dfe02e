import dataclasses

import pytest

from bit_keras.recipes import (
    RULES,
    Facts,
    Recipe,
    bit_hyperrule,
    with_batch_size,
    with_crop,
    with_epochs,
    with_steps,
)

FACTS = Facts(num_examples=2800, image_size=(32, 32), num_classes=3, batch_size=64)
# Rules -> their epochs.
PRETRAINING = {"bit-s": 90, "vit-i1k": 300, "rsb-a1": 600, "rsb-a2": 300, "rsb-a3": 100}


@pytest.mark.parametrize("optimizer", ["sgd", "rmsprop_tf"])
def test_learning_rate_is_scaled_with_the_batch(optimizer):
    rule = dataclasses.replace(bit_hyperrule(1000, (32, 32)), optimizer=optimizer)
    recipe = with_batch_size(rule, 128)
    assert recipe.base_lr == pytest.approx(0.003 / 4)
    assert recipe == dataclasses.replace(rule, batch_size=128, base_lr=recipe.base_lr)


@pytest.mark.parametrize("optimizer", ["adamw", "lamb"])
def test_the_rate_of_adam_and_lamb_is_scaled_with_the_root_of_the_batch(optimizer):
    recipe = Recipe(resize=8, crop=8, steps=9, optimizer=optimizer, base_lr=1.0)
    assert with_batch_size(recipe, 512 // 16).base_lr == pytest.approx(1 / 4)


def test_warm_up_and_decay_are_scaled_with_the_steps():
    rule = bit_hyperrule(1000, (32, 32))
    recipe = with_steps(rule, 250)
    assert recipe == dataclasses.replace(
        rule, steps=250, warmup_steps=50, decay_at=(100, 150, 200)
    )


def test_very_few_steps_still_make_a_recipe():
    recipe = with_steps(bit_hyperrule(1000, (32, 32)), 1)
    assert (recipe.steps, recipe.warmup_steps) == (1, 0)
    assert recipe.learning_rate(0) == 0.003


def test_all_rates_are_scaled_with_the_batch():
    recipe = Recipe(
        **{"resize": 8, "crop": 8, "steps": 9, "batch_size": 64},
        **{"base_lr": 1.0, "warmup_start": 0.1, "final_lr": 0.01},
    )
    scaled = with_batch_size(recipe, 32)
    rates = (scaled.base_lr, scaled.warmup_start, scaled.final_lr)
    assert rates == pytest.approx((0.5, 0.05, 0.005))


def test_the_rate_changes_as_often_in_fewer_steps():
    recipe = Recipe(resize=8, crop=8, steps=90, lr_every=9)
    assert with_steps(recipe, 30).lr_every == 3
    assert with_steps(recipe, 2).lr_every == 1


def test_a_rate_that_changes_with_every_step_does_so_in_more_steps():
    recipe = Recipe(resize=8, crop=8, steps=9)
    assert with_steps(recipe, 90).lr_every == 1


def test_what_crops_are_cut_from_is_scaled_with_them():
    rule = bit_hyperrule(1000, (32, 32))
    smaller = dataclasses.replace(rule, resize=80, crop=64)
    assert with_crop(rule, 64) == smaller
    assert with_crop(smaller, 128) == rule


def test_epochs_are_as_many_steps_as_show_all_images_so_often():
    rule = bit_hyperrule(1000, (32, 32))
    assert with_epochs(rule, 100, 1000) == with_steps(rule, round(100 * 1000 / 512))


def test_a_part_of_an_epoch_is_a_step_at_least():
    assert with_epochs(bit_hyperrule(1000, (32, 32)), 0.01, 1000).steps == 1


@pytest.mark.parametrize("name", PRETRAINING)
def test_the_epochs_of_a_rule_are_the_rule(name):
    rule = RULES[name].make(FACTS)
    assert with_epochs(rule, PRETRAINING[name], FACTS.num_examples) == rule


@pytest.mark.parametrize(
    ("batch_size", "group"), [(256, 64), (48, 12), (44, 0), (4, 0)]
)
def test_there_are_as_many_groups_in_another_batch(batch_size, group):
    recipe = Recipe(resize=8, crop=8, steps=9, batch_size=64, mix_group=16)
    assert with_batch_size(recipe, batch_size).mix_group == group
