"""How long training takes on this machine, for --minutes."""

import dataclasses
import time

import keras

from bit_keras import recipes
from bit_keras.data import training_batches
from bit_keras.models import build
from bit_keras.training.learner import Learner

MEASURED_STEPS = 5
MEASURED_BATCH = 16
MEASURED_CROP = 128


def within_minutes(recipe, data, network, minutes, new_head):
    """Cuts a recipe down to a time on this machine, which is measured.

    Args:
        recipe: `Recipe`.
        data: `ImageData`.
        network: registry name.
        minutes: of the whole run.
        new_head: whether weights get a new head, which is then found in closed form.

    Returns:
        (recipe, a sentence on what was measured and changed).
    """
    crop = min(recipe.crop, MEASURED_CROP)
    measured = seconds_per_image(recipe, data, network, crop)

    def seconds(other):
        return measured * (other / crop) ** 2

    speed = f"This machine trains {1 / measured:.1f} images per second at {crop} px"
    if new_head:
        told = f"{speed}; the clock ends the run after {minutes:g} minutes in all."
        return recipes.from_closed_form(recipe, minutes, seconds), told
    tested = {"test", "val"} & data.parts.keys()
    changed, fits = recipes.within_minutes(
        recipe, minutes, seconds, num_test=data.part("test").count if tested else 0
    )
    hours = recipe.steps * recipe.batch_size * seconds(recipe.crop) / 3600
    note = (
        f"{speed}, so the rule's {recipe.steps:,} steps of {recipe.batch_size} images "
        f"at {recipe.crop} px would take about {hours:.1f} hours; for "
        f"{minutes:g} minutes: {changed.steps} steps of {changed.batch_size} at "
        f"{changed.crop} px, learning rate {changed.base_lr:.4g}."
    )
    if not fits:
        note += " Even this will take longer than asked."
    return changed, note


def seconds_per_image(recipe, data, network, crop):
    """Trains a throw-away network for a few steps and takes the time."""
    trial = dataclasses.replace(
        recipes.with_crop(recipe, crop),
        batch_size=MEASURED_BATCH,
        steps=MEASURED_STEPS,
        micro_batch=0,
        mix_group=0,
        random_group=1,
    )
    batches = training_batches(data.parts["train"], trial, data.num_classes)
    model = build(
        network,
        num_classes=data.num_classes,
        channels=data.channels,
        **trial.network,
    )
    times = []
    timer = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: times.append(time.perf_counter())
    )
    Learner(model, trial).fit(batches, verbose=0, shuffle=False, callbacks=[timer])
    # The first step also compiles.
    return (times[-1] - times[0]) / (len(times) - 1) / MEASURED_BATCH
