import dataclasses

import numpy as np
import pytest

from bit_keras.recipes import Recipe
from bit_keras.recipes.schedules import SCHEDULES, learning_rates

RECIPE = Recipe(resize=8, crop=8, batch_size=1, steps=10, base_lr=1.0)


def rates(**fields):
    return dataclasses.replace(RECIPE, **fields).rates()


# What the steps of a run trained with before there was a table, in full precision.
@pytest.mark.parametrize(
    ("base_lr", "warmup_steps", "decay_at", "expected"),
    [
        (
            0.003,
            100,
            (200, 300, 400),
            {0: 0.0, 1: 3e-05, 2: 6e-05, 3: 9e-05, 7: 0.00021, 50: 0.0015, 99: 0.00297}
            | {100: 0.003, 200: 0.003, 201: 0.0003, 301: 3.0000001e-05, 401: 3e-06},
        ),
        (
            0.00075,
            7,
            (12, 15),
            {1: 0.00010714286, 3: 0.00032142858, 4: 0.00042857145, 6: 0.00064285717}
            | {7: 0.00075, 12: 0.00075, 13: 7.5e-05, 16: 7.5000003e-06},
        ),
        (
            0.48,
            89,
            (100,),
            {1: 0.0053932583, 5: 0.026966292, 43: 0.23191011, 88: 0.47460672}
            | {89: 0.48, 101: 0.048},
        ),
    ],
)
def test_rates_of_step_are_to_the_bit_what_they_were(
    base_lr, warmup_steps, decay_at, expected
):
    found = rates(
        base_lr=base_lr, warmup_steps=warmup_steps, decay_at=decay_at, steps=500
    )
    assert found.dtype == np.float32
    of_steps = np.array(list(expected.values()), "float32")
    np.testing.assert_array_equal(found[list(expected)], of_steps)


@pytest.mark.parametrize("case", ["c0", "c1", "c2", "c3"])
def test_cosine_and_linear_are_those_of_vision_transformer(golden, case):
    arrays = golden("06_vit_lr_schedule.npz")
    schedule = str(arrays[f"{case}_decay_type"])
    recipe = dataclasses.replace(
        RECIPE,
        schedule=schedule,
        steps=int(arrays[f"{case}_total_steps"]),
        warmup_steps=int(arrays[f"{case}_warmup_steps"]),
        base_lr=float(arrays[f"{case}_base"]),
        final_lr=1e-5 if schedule == "linear" else 0.0,
    )
    found = learning_rates(recipe, arrays[f"{case}_steps"])
    np.testing.assert_allclose(found, arrays[f"{case}_lr"], rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("case", ["c0", "c1", "c2"])
def test_cosine_is_that_of_simclr(golden, case):
    arrays = golden("06_simclr_warmup_cosine.npz")
    scaling = str(arrays[f"{case}_learning_rate_scaling"])
    batch = int(arrays[f"{case}_train_batch_size"])
    recipe = dataclasses.replace(
        RECIPE,
        schedule="cosine",
        steps=int(arrays[f"{case}_total_steps"]),
        warmup_steps=int(arrays[f"{case}_warmup_steps"]),
        base_lr=float(arrays[f"{case}_base"])
        * (batch / 256 if scaling == "linear" else batch**0.5),
    )
    found = learning_rates(recipe, arrays[f"{case}_steps"])
    np.testing.assert_allclose(found, arrays[f"{case}_lr"], rtol=1e-5, atol=2e-7)


@pytest.mark.parametrize("inside", [True, False])
@pytest.mark.parametrize(("run", "epochs"), [("A1", 600), ("A2", 300), ("A3", 100)])
def test_cosine_once_per_epoch_is_that_of_timm(golden, run, epochs, inside):
    arrays = golden("06_timm_cosine.npz")
    of_epoch = 7
    recipe = dataclasses.replace(
        RECIPE,
        schedule="cosine",
        steps=(epochs if inside else epochs + 5) * of_epoch,
        warmup_steps=5 * of_epoch,
        warmup_start=float(arrays["warmup_lr_init"]),
        base_lr=float(arrays[f"{run}_peak_lr"]),
        final_lr=float(arrays["lr_min"]),
        decay_from_start=inside,
        lr_every=of_epoch,
    )
    prefix = f"{run}_prefix{0 if inside else 1}"
    first = arrays[f"{prefix}_epochs"] * of_epoch
    expected = arrays[f"{prefix}_lr"]
    for step in (first, first + of_epoch - 1):
        found = learning_rates(recipe, step, "float64")
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("run", ["A1", "A2", "A3"])
def test_cosine_in_every_step_is_that_of_timm(golden, run):
    arrays = golden("06_timm_cosine.npz")
    of_epoch = int(arrays[f"{run}_update_updates_per_epoch"])
    recipe = dataclasses.replace(
        RECIPE,
        schedule="cosine",
        steps=int(arrays[f"{run}_update_num_epochs"]) * of_epoch,
        warmup_steps=3 * of_epoch,
        warmup_start=float(arrays["warmup_lr_init"]),
        base_lr=float(arrays[f"{run}_peak_lr"]),
        final_lr=float(arrays["lr_min"]),
        decay_from_start=True,
    )
    expected = arrays[f"{run}_update_lr"]
    found = learning_rates(recipe, np.arange(len(expected)), "float64")
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


def test_constant_stays():
    np.testing.assert_array_equal(rates(schedule="constant"), np.ones(10))


def test_linear_falls_evenly_after_the_warm_up():
    found = rates(schedule="linear", warmup_steps=2, steps=6, final_lr=0.2)
    np.testing.assert_allclose(found, [0, 0.5, 1, 0.8, 0.6, 0.4], rtol=1e-6)


def test_reciprocal_root_halves_when_the_step_is_four_times_the_warm_up():
    found = rates(schedule="reciprocal_root", warmup_steps=2, steps=10)
    np.testing.assert_allclose(found[[1, 2, 8]], [0.5, 1, 0.5], rtol=1e-6)


def test_reciprocal_root_goes_without_a_warm_up():
    found = rates(schedule="reciprocal_root", steps=5)
    np.testing.assert_allclose(found[[0, 1, 4]], [1, 1, 0.5], rtol=1e-6)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_every_schedule_warms_up_from_the_first_rate(schedule):
    found = rates(schedule=schedule, warmup_steps=4, warmup_start=0.2)
    np.testing.assert_allclose(found[:4], [0.2, 0.4, 0.6, 0.8], rtol=1e-6)


def test_every_schedule_is_held_as_long_as_the_recipe_says():
    found = rates(schedule="linear", lr_every=4)
    np.testing.assert_allclose(found, [1] * 4 + [0.6] * 4 + [0.2] * 2, rtol=1e-6)


def test_a_schedule_that_is_added_is_followed(monkeypatch):
    monkeypatch.setitem(SCHEDULES, "double", lambda steps, recipe: 2 * steps)
    np.testing.assert_array_equal(rates(schedule="double"), 2 * np.arange(10))
