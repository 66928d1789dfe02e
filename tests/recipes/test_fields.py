import dataclasses

import pytest

from bit_keras.errors import InputError
from bit_keras.recipes import Recipe
from bit_keras.recipes.names import CHOICES

RECIPE = Recipe(resize=160, crop=128, batch_size=96, steps=700)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"resize": 0, "crop": 0}, "resize=0 must be at least 1"),
        ({"crop": 0}, "crop=0 must be at least 1"),
        ({"batch_size": 0}, "batch_size=0 must be at least 1"),
        ({"steps": -3}, "steps=-3 must be at least 0"),
        ({"warmup_steps": -1}, "warmup_steps=-1 must be at least 0"),
        ({"mixup_alpha": -0.1}, "mixup_alpha=-0.1 must be finite, at least 0"),
        ({"seed": -1}, "seed=-1 must be at least 0, below 4294967296"),
        ({"base_lr": 0.0}, "base_lr=0 must be finite, above 0"),
        ({"base_lr": float("nan")}, "base_lr=nan must be finite"),
        ({"base_lr": float("inf")}, "base_lr=inf must be finite"),
        ({"mixup_alpha": float("inf")}, "mixup_alpha=inf must be finite"),
        ({"momentum": 1.0}, "momentum=1 must be at least 0, below 1"),
        ({"precision": "float16"}, "precision=float16 must be one of float32, mixed"),
        ({"share": 1.5}, "share=1.5 must be at least 0, at most 1"),
        ({"crop_area": 0.0}, "crop_area=0 must be above 0, at most 1"),
        ({"erasing": 1.5}, "erasing=1.5 must be at least 0, at most 1"),
        ({"colour_jitter": -0.1}, "colour_jitter=-0.1 must be finite, at least 0"),
        ({"train_interpolation": "cubic"}, "train_interpolation=cubic must be one of"),
        ({"head_bias": float("nan")}, "head_bias=nan must be finite"),
        ({"cropping": "middle"}, "cropping=middle must be one of random, inception"),
        ({"schedule": "stairs"}, "schedule=stairs must be one of constant, step,"),
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


def test_every_field_has_a_group():
    assert all(field.metadata["group"] for field in dataclasses.fields(Recipe))
