import dataclasses
import json

import pytest

from bit_keras.errors import InputError
from bit_keras.recipes import Recipe, bit_hyperrule

RECIPE = Recipe(
    name="mine",
    resize=160,
    crop=128,
    batch_size=96,
    micro_batch=48,
    base_lr=0.0125,
    steps=700,
    warmup_steps=10,
    decay_at=(300, 500),
    mixup_alpha=0.1,
    mix_group=32,
    flip=False,
    precision="mixed_bfloat16",
    seed=7,
)


def test_recipe_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        RECIPE.steps = 1


@pytest.mark.parametrize("recipe", [RECIPE, bit_hyperrule(30_000, (224, 224))])
def test_recipe_is_read_back_from_json(recipe):
    assert Recipe.from_json(recipe.to_json()) == recipe


@pytest.mark.parametrize(
    ("before", "cropping", "crop_area"),
    [
        ({"random_crop": True, "crop_area": 0.0}, "random", 0.05),
        ({"random_crop": False, "crop_area": 0.0}, "none", 0.05),
        ({"random_crop": True, "crop_area": 0.2}, "inception", 0.2),
    ],
)
def test_recipe_of_before_there_was_a_cropping_is_read(before, cropping, crop_area):
    fields = {"resize": 16, "crop": 16, "steps": 1, **before}
    recipe = Recipe.from_json(json.dumps(fields))
    assert (recipe.cropping, recipe.crop_area) == (cropping, crop_area)


def test_json_holds_every_field():
    fields = {field.name for field in dataclasses.fields(Recipe)}
    assert json.loads(RECIPE.to_json()).keys() == fields


def test_texts_are_those_a_user_would_write():
    texts = RECIPE.as_texts()
    assert texts["decay_at"] == "300,500"
    assert texts["flip"] == "false"
    assert texts["base_lr"] == "0.0125"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"crop": 161}, "crop=161 must not exceed resize=160"),
        ({"decay_at": (500, 300)}, "decay_at=500,300 must be increasing"),
        ({"decay_at": (300, 300)}, "decay_at=300,300 must be increasing"),
        ({"random_group": 5}, "random_group=5 must divide batch_size=96"),
        ({"random_group": 32}, "random_group=32 must divide micro_batch=48"),
        ({"micro_batch": 36}, "micro_batch=36 must divide batch_size=96"),
        ({"cut_first": True}, "cut_first=true cuts a share of the image: set share"),
        ({"mix_group": 64}, "mix_group=64 must divide batch_size=96"),
        ({"balanced": True, "repeats": 3}, "repeats=3 does not go with balanced"),
        (
            {"rand_augment": "rand-m7", "colour_jitter": 0.4},
            "colour_jitter=0.4 does not go with rand_augment, which changes colours",
        ),
        ({"views": 2}, "views=2 .* neither MixUp nor CutMix takes: set views=1"),
        (
            {"nesterov": True, "optimizer": "adamw"},
            "nesterov=true is for optimizer=sgd with a momentum",
        ),
        ({"nesterov": True, "momentum": 0.0}, "nesterov=true is for optimizer=sgd"),
        ({"class_mean": True}, "class_mean=true is for loss=sigmoid"),
        ({"mixed_labels": "presence"}, "mixed_labels=presence is for loss=sigmoid"),
        (
            {"loss": "sigmoid", "label_threshold": 0.5},
            "label_threshold=0.5 is for mixed_labels=threshold",
        ),
        (
            {"objective": "masked_patches", "label_smoothing": 0.1},
            "label_smoothing=0.1 is for objective=classification",
        ),
    ],
)
def test_fields_that_do_not_fit_together_are_refused(changes, expected):
    with pytest.raises(InputError, match=f"Recipe field {expected}"):
        dataclasses.replace(RECIPE, **changes)


def test_learning_rate_rises_then_falls_after_each_boundary():
    recipe = dataclasses.replace(RECIPE, base_lr=1.0, warmup_steps=4, decay_at=(6, 8))
    rates = [recipe.learning_rate(step) for step in range(10)]
    expected = [0, 0.25, 0.5, 0.75, 1, 1, 1, 0.1, 0.1, 0.01]
    assert rates == pytest.approx(expected)


@pytest.mark.parametrize(("scale", "size"), [(1.0, 128), (1.4, 179), (0.001, 1)])
def test_test_images_may_be_larger_or_smaller_than_those_in_training(scale, size):
    recipe = dataclasses.replace(RECIPE, test_scale=scale)
    assert recipe.preprocessing.crop == size
    assert recipe.network["image_size"] == (128, 128)
