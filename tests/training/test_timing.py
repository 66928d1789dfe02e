import dataclasses

from bit_keras.recipes import Recipe
from bit_keras.training import timing
from bit_keras.training.plan import plan
from bit_keras.training.settings import Settings


def test_minutes_shorten_the_run_and_say_so(planned, data, monkeypatch):
    monkeypatch.setattr(timing, "seconds_per_image", lambda *_: 0.1)
    rule, recipe, (note,) = planned(data, minutes=10)
    assert recipe.steps * recipe.batch_size < rule.steps * rule.batch_size
    # 540 s for images that take 0.1 s at 128 px, in proportion to their area.
    cost = 0.1 * (recipe.crop / 128) ** 2
    assert recipe.steps * recipe.batch_size * cost <= 540
    assert recipe.steps >= 100
    assert "500 steps of 512 images at 480 px" in note
    assert f"{recipe.steps} steps of {recipe.batch_size} at {recipe.crop} px" in note


def test_minutes_are_measured_on_the_network_itself(data, smallest):
    rule, recipe, (note,) = plan(data, "bit_tiny", Settings(minutes=1e-3), True)
    assert recipe.batch_size < rule.batch_size  # 54 ms are too few for any machine
    assert "images per second at 128 px" in note


def test_minutes_that_are_too_few_are_not_promised(planned, data, monkeypatch):
    monkeypatch.setattr(timing, "seconds_per_image", lambda *_: 5.0)
    _, _, (note,) = planned(data, minutes=0.5)
    assert note.endswith("Even this will take longer than asked.")


def test_images_without_labels_are_not_tested(data, monkeypatch):
    monkeypatch.setattr(timing, "seconds_per_image", lambda *_: 0.1)
    alone = dataclasses.replace(data, parts={"train": data.parts["train"]})
    recipe = Recipe(resize=128, crop=128, steps=6000, batch_size=1)
    changed, _ = timing.within_minutes(recipe, alone, "bit_tiny", 10, False)
    assert changed.steps * changed.batch_size * 0.1 <= 540


def test_weights_with_a_new_head_begin_with_one_that_is_solved(data, monkeypatch):
    monkeypatch.setattr(timing, "seconds_per_image", lambda *_: 0.1)
    _, recipe, (note,) = plan(data, "bit_r50x1", Settings(minutes=10), True, True)
    assert (recipe.head, recipe.minutes) == ("closed_form", 10)
    assert note.endswith("128 px; the clock ends the run after 10 minutes in all.")
