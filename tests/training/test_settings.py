import pytest

from bit_keras.errors import InputError
from bit_keras.recipes import RULES, Recipe, Rule
from bit_keras.training.settings import Settings


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"minutes": 5, "steps": 10}, "leave out --batch-size, --steps"),
        ({"minutes": 5, "epochs": 10}, "--steps, --epochs and --set of these"),
        ({"minutes": 5, "changes": {"test_scale": 1.4}}, "--set of these fields"),
        ({"steps": 5, "epochs": 10}, "both say how long a run is; leave one out"),
        ({"epochs": 10, "changes": {"steps": 5}}, "both say how long a run is"),
        ({"epochs": 0}, "--epochs must be above 0"),
        ({"batch_size": 0}, "--batch-size must be above 0"),
        ({"steps": -1}, "--steps must be above 0"),
        ({"minutes": float("nan")}, "--minutes must be above 0"),
        ({"minutes": float("inf")}, "--minutes must be above 0"),
        ({"minutes": 5, "changes": {"crop": 64}}, "--set of these fields"),
        ({"micro_batch": -4}, "--micro-batch takes auto, or a number from 0"),
        ({"micro_batch": "some"}, "Received: some"),
        ({"seed": -1}, "--seed must be from 0"),
        ({"seed": 2**32}, "--seed must be from 0 to 2[*][*]32-1"),
        ({"rule": "bit-l"}, "no recipe 'bit-l' for finetune.*Known: bit_hyperrule"),
        ({"rule": "bit-s"}, "no recipe 'bit-s' for finetune"),
        (
            {"rule": "bit-l", "command": "pretrain"},
            "no recipe 'bit-l' for pretrain. Did you mean 'bit-s' or 'bit-m'",
        ),
        (
            {"rule": "bit-s", "command": "pretrain", "options": {"resolution": "code"}},
            "bit-s has no option 'resolution'; it belongs to bit_hyperrule",
        ),
        ({"options": {"width": 3}}, "no option 'width'; it belongs to none"),
        ({"changes": {"stepz": 1}}, "Did you mean 'steps'"),
        ({"changes": {"seed": 1}}, "The seed is an argument of its own"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings, words):
    with pytest.raises(InputError, match=words):
        Settings(**settings)


def test_a_rule_that_is_added_is_taken(monkeypatch):
    rule = Rule(lambda facts: Recipe(resize=8, crop=8, steps=1), options=("depth",))
    monkeypatch.setitem(RULES, "mine", rule)
    assert Settings(rule="mine", options={"depth": 3}).options == {"depth": 3}
