import dataclasses

import pytest

from bit_keras.errors import InputError
from bit_keras.recipes import RULES, Facts, Recipe, Rule, bit_hyperrule
from bit_keras.training import timing
from bit_keras.training.plan import evaluates, plan
from bit_keras.training.settings import Settings


def test_without_settings_the_recipe_is_the_rule(planned, data):
    rule, recipe, notes = planned(data)
    assert rule == bit_hyperrule(6, (200, 300))
    assert (recipe.resize, recipe.crop, recipe.steps) == (512, 480, 500)
    assert recipe.base_lr == 0.003
    assert notes == []


def test_batch_size_scales_the_rate_and_keeps_the_steps(planned, data):
    _, recipe, _ = planned(data, batch_size=128)
    assert recipe.base_lr == pytest.approx(0.003 / 4)
    assert (recipe.batch_size, recipe.steps, recipe.warmup_steps) == (128, 500, 100)


def test_steps_scale_warm_up_and_decay_and_keep_the_rate(planned, data):
    _, recipe, _ = planned(data, steps=50)
    assert (recipe.warmup_steps, recipe.decay_at) == (10, (20, 30, 40))
    assert recipe.base_lr == 0.003


def test_changes_have_the_last_word(planned, data):
    _, recipe, _ = planned(data, steps=50, changes={"warmup_steps": 3, "flip": False})
    assert (recipe.warmup_steps, recipe.flip) == (3, False)


def test_what_is_learned_cannot_be_changed_apart_from_the_rule(planned, data):
    with pytest.raises(InputError, match="leave objective=masked_patches out, or take"):
        planned(data, changes={"objective": "masked_patches"})


def test_seed_and_options_of_the_rule_are_passed_on(planned, data):
    _, recipe, _ = planned(data, seed=5, options={"resolution": "paper"})
    assert recipe.seed == 5
    assert (recipe.resize, recipe.crop) == (448, 384)


def test_a_network_from_scratch_is_told_that_the_rule_is_for_others(planned, data):
    _, _, (note,) = planned(data, pretrained=False, batch_size=128)
    assert note.startswith("BiT-HyperRule is for pre-trained weights, and this network")
    assert "--weights" in note
    assert "--set base_lr=0.015" in note


@pytest.mark.parametrize("changes", [{"base_lr": 0.001}, {"batch_size": 4}])
def test_no_other_rate_is_told_where_one_was_chosen_or_it_would_be_lower(
    planned, data, changes
):
    _, _, (note,) = planned(data, pretrained=False, changes=changes)
    assert "from scratch" in note
    assert "base_lr" not in note


def test_a_vit_from_scratch_is_told_no_rate_of_bit(planned, data):
    _, _, (note,) = planned(data, pretrained=False, rule="vit", batch_size=128)
    assert "from scratch" in note
    assert "base_lr" not in note


def test_rules_for_networks_from_scratch_say_nothing(planned, data):
    _, _, notes = planned(data, pretrained=False, rule="bit-s", command="pretrain")
    assert notes == []


def test_a_warm_up_longer_than_the_run_is_told(planned, data):
    _, _, (note,) = planned(data, changes={"steps": 20})
    assert note.endswith("--steps 20 scales it along.")


def test_minutes_are_measured_with_the_fields_that_were_chosen(
    planned, data, monkeypatch
):
    measured = []

    def seconds(recipe, *_):
        measured.append(recipe)
        return 0.1

    monkeypatch.setattr(timing, "seconds_per_image", seconds)
    planned(data, minutes=10, changes={"remat": True, "precision": "mixed_bfloat16"})
    assert (measured[0].remat, measured[0].precision) == (True, "mixed_bfloat16")


def test_what_does_not_fit_the_classes_is_refused_before_the_run_is_begun(
    planned, data
):
    with pytest.raises(InputError, match="one number for each of the 2 classes"):
        planned(data, changes={"class_weights": (1.0, 2.0, 3.0)})


@pytest.mark.parametrize(
    "fields",
    [
        {"label_smoothing": 0.6},  # 0.3 of a class without a share
        {"label_smoothing": 0.9, "label_threshold": 0.6},  # 0.55 of one with all of it
    ],
)
def test_a_threshold_that_tells_no_classes_apart_is_refused(planned, data, fields):
    changes = {"loss": "sigmoid", "mixed_labels": "threshold", **fields}
    with pytest.raises(InputError, match="all 2 classes, or of none, are above"):
        planned(data, changes=changes)


def test_several_labels_are_learned_with_sigmoids(planned, many_labels):
    rule, recipe, _ = planned(many_labels)
    assert rule.loss == recipe.loss == "sigmoid"


def test_several_labels_are_not_learned_with_a_softmax(planned, many_labels):
    with pytest.raises(InputError, match="several labels each, which loss=softmax"):
        planned(many_labels, changes={"loss": "softmax"})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"best_metric": "top1"}, "no metric 'top1'.*Known: mean_average_precision"),
        ({"balanced": True}, "leave out balanced, which needs"),
        ({"label_smoothing": 0.1}, "leave out label_smoothing, which needs"),
    ],
)
def test_what_needs_one_label_is_refused_for_several(
    planned, many_labels, changes, words
):
    with pytest.raises(InputError, match=words):
        planned(many_labels, changes={"evaluate_every": 1, **changes})


def test_a_rule_of_pre_training_is_followed(planned, data):
    rule, recipe, _ = planned(data, rule="bit-m", command="pretrain", batch_size=256)
    assert (rule.name, rule.batch_size, rule.base_lr) == ("bit-m", 256, 0.03)
    assert recipe.loss == "sigmoid"  # of one label each, too


def test_weights_of_the_classes_are_written_into_the_recipe(planned, data):
    _, recipe, _ = planned(data, class_weights="auto")
    assert recipe.class_weights == (1, 1)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [({}, False), ({"evaluate_every": 3}, True), ({"evaluate_every": 0}, False)],
)
def test_whether_a_run_evaluates_is_what_was_asked_for(data, changes, expected):
    assert evaluates(data, "bit_tiny", Settings(changes=changes)) == expected


@pytest.fixture
def watchful(monkeypatch):
    """A rule that evaluates after every example; what it was told is kept."""
    told = []

    def make(facts):
        told.append(facts)
        every, loss = facts.num_examples, "sigmoid"
        return Recipe(resize=8, crop=8, steps=9, evaluate_every=every, loss=loss)

    monkeypatch.setitem(RULES, "watchful", Rule(make))
    return told


@pytest.mark.parametrize(
    ("changes", "expected"), [({}, True), ({"evaluate_every": 0}, False)]
)
def test_whether_a_run_evaluates_is_what_its_rule_says(
    data, watchful, changes, expected
):
    settings = Settings(rule="watchful", changes=changes)
    assert evaluates(data, "bit_tiny", settings) == expected
    assert plan(data, "bit_tiny", settings)[1].evaluate_every == 6 * expected


def test_a_rule_is_told_the_facts(many_labels, watchful):
    plan(many_labels, "bit_tiny", Settings(rule="watchful", batch_size=4), True)
    assert watchful == [
        Facts(
            num_examples=6,
            image_size=(20, 30),
            num_classes=2,
            multi_label=True,
            task="set",
            network="bit_tiny",
            pretrained=True,
            batch_size=4,
        )
    ]


@pytest.mark.parametrize("new_head", [True, False])
def test_a_head_that_is_solved_for_a_short_run_is_evaluated(data, new_head):
    settings = Settings(minutes=10)
    assert evaluates(data, "bit_tiny", settings, True, new_head) == new_head


def test_where_the_numbers_of_a_rule_come_from_is_told_first(
    planned, data, monkeypatch
):
    rule = dataclasses.replace(RULES["bit-s"], words="From nowhere.")
    monkeypatch.setitem(RULES, "bit-s", rule)
    *_, notes = planned(data, rule="bit-s", command="pretrain")
    assert notes[0] == "From nowhere."


def test_epochs_become_steps_and_are_told(planned, data):
    _, recipe, notes = planned(data, epochs=20, changes={"batch_size": 4})
    assert (recipe.steps, recipe.warmup_steps) == (30, 6)
    assert notes == ["--epochs 20 of 6 images: 30 steps of 4."]


def test_the_epochs_of_a_rule_are_its_own(planned, data):
    asked = {"rule": "rsb-a3", "command": "pretrain", "batch_size": 2}
    rule, recipe, _ = planned(data, epochs=100, **asked)
    assert (recipe.steps, recipe.lr_every) == (rule.steps, rule.lr_every) == (300, 3)
