import dataclasses
import json

import pytest

from bit_keras.errors import InputError
from bit_keras.recipes import Recipe, bit_hyperrule, override, parse_assignments
from bit_keras.recipes.names import CHOICES

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


def test_json_holds_every_field():
    fields = {field.name for field in dataclasses.fields(Recipe)}
    assert json.loads(RECIPE.to_json()).keys() == fields


def test_texts_of_a_recipe_give_it_again():
    texts = [f"{name}={text}" for name, text in RECIPE.as_texts().items()]
    other = Recipe(resize=200, crop=200, batch_size=1, steps=1, decay_at=(1,))
    assert override(other, texts) == RECIPE


def test_texts_are_those_a_user_would_write():
    texts = RECIPE.as_texts()
    assert texts["decay_at"] == "300,500"
    assert texts["flip"] == "false"
    assert texts["base_lr"] == "0.0125"


@pytest.mark.parametrize(
    ("assignment", "field", "value"),
    [
        ("steps=20", "steps", 20),
        ("base_lr=1e-3", "base_lr", 0.001),
        ("base-lr = 0.5", "base_lr", 0.5),
        ("decay_at=1,2", "decay_at", (1, 2)),
        ("decay_at=(5,)", "decay_at", (5,)),
        ("decay_at=", "decay_at", ()),
        ("flip=True", "flip", True),
        ("flip=0", "flip", False),
        ("precision=float32", "precision", "float32"),
    ],
)
def test_assignment_changes_its_field_alone(assignment, field, value):
    changed = override(RECIPE, [assignment])
    assert changed == dataclasses.replace(RECIPE, **{field: value})
    assert type(getattr(changed, field)) is type(value)


def test_last_assignment_of_a_field_counts():
    assert parse_assignments(["steps=1", "steps=2"]) == {"steps": 2}


def test_fields_that_only_fit_together_are_changed_together():
    changed = override(RECIPE, ["crop=256", "resize=300"])
    assert (changed.resize, changed.crop) == (300, 256)


def test_unknown_field_is_refused_with_a_suggestion():
    with pytest.raises(InputError, match="'step'. Did you mean 'steps'.*Fields: name,"):
        override(RECIPE, ["step=3"])


def test_assignment_without_a_value_is_refused():
    with pytest.raises(InputError, match="FIELD=VALUE. Received: 'steps'"):
        override(RECIPE, ["steps"])


@pytest.mark.parametrize(
    ("assignment", "expected"),
    [
        ("steps=many", "a whole number. Received: 'many'"),
        ("steps=1.5", "a whole number. Received: '1.5'"),
        ("base_lr=fast", "a number. Received: 'fast'"),
        ("flip=perhaps", "true or false. Received: 'perhaps'"),
        ("decay_at=1;2", "whole numbers with commas"),
    ],
)
def test_value_that_cannot_be_read_is_refused(assignment, expected):
    with pytest.raises(InputError, match=expected):
        override(RECIPE, [assignment])


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"resize": 0, "crop": 0}, "resize=0 must be at least 1"),
        ({"crop": 0}, "crop=0 must be at least 1"),
        ({"batch_size": 0}, "batch_size=0 must be at least 1"),
        ({"steps": -3}, "steps=-3 must be at least 1"),
        ({"warmup_steps": -1}, "warmup_steps=-1 must be at least 0"),
        ({"mixup_alpha": -0.1}, "mixup_alpha=-0.1 must be finite, at least 0"),
        ({"seed": -1}, "seed=-1 must be at least 0, below 4294967296"),
        ({"base_lr": 0.0}, "base_lr=0 must be finite, above 0"),
        ({"base_lr": float("nan")}, "base_lr=nan must be finite"),
        ({"base_lr": float("inf")}, "base_lr=inf must be finite"),
        ({"mixup_alpha": float("inf")}, "mixup_alpha=inf must be finite"),
        ({"momentum": 1.0}, "momentum=1 must be at least 0, below 1"),
        ({"crop": 161}, "crop=161 must not exceed resize=160"),
        ({"decay_at": (500, 300)}, "decay_at=500,300 must be increasing"),
        ({"decay_at": (300, 300)}, "decay_at=300,300 must be increasing"),
        ({"precision": "float16"}, "precision=float16 must be one of float32, mixed"),
        ({"share": 1.5}, "share=1.5 must be at least 0, at most 1"),
        ({"crop_area": 0.0}, "crop_area=0 must be above 0, at most 1"),
        ({"head_bias": float("nan")}, "head_bias=nan must be finite"),
        ({"cropping": "middle"}, "cropping=middle must be one of random, inception"),
        ({"schedule": "stairs"}, "schedule=stairs must be one of constant, step,"),
        ({"random_group": 5}, "random_group=5 must divide batch_size=96"),
        ({"random_group": 32}, "random_group=32 must divide micro_batch=48"),
        ({"micro_batch": 36}, "micro_batch=36 must divide batch_size=96"),
        ({"mix_group": 64}, "mix_group=64 must divide batch_size=96"),
    ],
)
def test_field_out_of_range_is_refused(changes, expected):
    with pytest.raises(InputError, match=f"Recipe field {expected}"):
        dataclasses.replace(RECIPE, **changes)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"steps": 1.5}, "'steps' takes a whole number. Received: '1.5'"),
        ({"steps": True}, "'steps' takes a whole number. Received: 'True'"),
        ({"base_lr": "0.1"}, "'base_lr' takes a number. Received: '0.1'"),
        ({"flip": 1}, "'flip' takes true or false. Received: '1'"),
        ({"freeze": None}, "'freeze' takes a text. Received: 'None'"),
        ({"decay_at": [1, 2]}, "'decay_at' takes whole numbers with commas"),
        ({"decay_at": (1.5,)}, "'decay_at' takes whole numbers with commas"),
    ],
)
def test_field_of_another_type_is_refused(changes, expected):
    with pytest.raises(InputError, match=f"Recipe field {expected}"):
        dataclasses.replace(RECIPE, **changes)


def test_names_that_others_add_are_taken(monkeypatch):
    monkeypatch.setitem(CHOICES, "objective", [*CHOICES["objective"], "pairs"])
    assert dataclasses.replace(RECIPE, objective="pairs").objective == "pairs"


def test_learning_rate_rises_then_falls_after_each_boundary():
    recipe = dataclasses.replace(RECIPE, base_lr=1.0, warmup_steps=4, decay_at=(6, 8))
    rates = [recipe.learning_rate(step) for step in range(10)]
    expected = [0, 0.25, 0.5, 0.75, 1, 1, 1, 0.1, 0.1, 0.01]
    assert rates == pytest.approx(expected)
