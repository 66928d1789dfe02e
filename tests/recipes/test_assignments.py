import dataclasses

import pytest

from bit_keras.errors import InputError
from bit_keras.recipes import Recipe, override, parse_assignments

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


def test_texts_of_a_recipe_give_it_again():
    texts = [f"{name}={text}" for name, text in RECIPE.as_texts().items()]
    other = Recipe(resize=200, crop=200, batch_size=1, steps=1, decay_at=(1,))
    assert override(other, texts) == RECIPE


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


def test_unknown_name_of_a_choice_is_refused_with_a_suggestion():
    words = "optimizer=adam must be one of sgd, adamw, .* Did you mean 'adamw'"
    with pytest.raises(InputError, match=words):
        parse_assignments(["optimizer=adam"])
