import numpy as np
import pytest

from bit_keras.data.examples import ArrayExamples
from bit_keras.data.image_data import ImageData
from bit_keras.errors import InputError
from bit_keras.recipes import bit_hyperrule
from bit_keras.training import plan as plan_module
from bit_keras.training.plan import Settings, plan


@pytest.fixture
def data():
    examples = ArrayExamples(np.zeros((6, 200, 300, 3), "uint8"), np.arange(6) % 2)
    return ImageData(
        "set", ("a", "b"), {"train": examples, "test": examples}, (200, 300)
    )


def planned(data, **settings):
    return plan(data, "bit_r50x1", Settings(**settings))


def test_without_settings_the_recipe_is_the_rule(data):
    rule, recipe, notes = planned(data)
    assert rule == bit_hyperrule(6, (200, 300))
    assert (recipe.resize, recipe.crop, recipe.steps) == (512, 480, 500)
    assert recipe.base_lr == 0.003
    assert notes == []


def test_batch_size_scales_the_rate_and_keeps_the_steps(data):
    _, recipe, _ = planned(data, batch_size=128)
    assert recipe.base_lr == pytest.approx(0.003 / 4)
    assert (recipe.batch_size, recipe.steps, recipe.warmup_steps) == (128, 500, 100)


def test_steps_scale_warm_up_and_decay_and_keep_the_rate(data):
    _, recipe, _ = planned(data, steps=50)
    assert (recipe.warmup_steps, recipe.decay_at) == (10, (20, 30, 40))
    assert recipe.base_lr == 0.003


def test_fields_have_the_last_word(data):
    _, recipe, _ = planned(data, steps=50, fields=("warmup_steps=3", "flip=false"))
    assert (recipe.warmup_steps, recipe.flip) == (3, False)


def test_large_images_go_through_in_parts_that_divide_the_batch(data):
    _, recipe, _ = planned(data)
    assert recipe.micro_batch == 4  # 32 * 224**2 / 480**2 = 6.97
    _, small, _ = planned(data, fields=("crop=64", "batch_size=32"))
    assert small.micro_batch == 0
    _, chosen, _ = planned(data, micro_batch=64)
    assert chosen.micro_batch == 64


def test_minutes_shorten_the_run_and_say_so(data, monkeypatch):
    monkeypatch.setattr(plan_module, "_seconds_per_image", lambda *_: 0.1)
    rule, recipe, (note,) = planned(data, minutes=10)
    assert recipe.steps * recipe.batch_size < rule.steps * rule.batch_size
    # 540 s for images that take 0.1 s at 128 px, in proportion to their area.
    cost = 0.1 * (recipe.crop / 128) ** 2
    assert recipe.steps * recipe.batch_size * cost <= 540
    assert recipe.steps >= 100
    assert "500 steps of 512 images at 480 px" in note
    assert f"{recipe.steps} steps of {recipe.batch_size} at {recipe.crop} px" in note


def test_minutes_are_measured_on_the_network_itself(data, smallest):
    _, recipe, (note,) = plan(data, "bit_tiny", Settings(minutes=1))
    assert recipe.crop < 480
    assert "images per second at 128 px" in note


def test_minutes_that_are_too_few_are_not_promised(data, monkeypatch):
    monkeypatch.setattr(plan_module, "_seconds_per_image", lambda *_: 5.0)
    _, _, (note,) = planned(data, minutes=0.5)
    assert note.endswith("Even this will take longer than asked.")


def test_seed_and_resolution_are_passed_on(data):
    _, recipe, _ = planned(data, seed=5, resolution="paper")
    assert recipe.seed == 5
    assert (recipe.resize, recipe.crop) == (448, 384)


@pytest.mark.parametrize(
    ("network", "fields", "expected"),
    [
        # 32 images of 224 px are 6.97 of 480 px, and 4 is the next divisor of 512.
        ("bit_r50x1", (), 4),
        ("bit_r101x3", (), 2),
        ("bit_r152x4", (), 1),
        ("bit_r50x1", ("crop=224",), 32),
        ("bit_r50x1", ("crop=224", "batch_size=32"), 0),
        ("bit_r50x1", ("crop=224", "batch_size=48"), 24),
        ("bit_r50x1", ("micro_batch=128",), 128),
        ("bit_r50x1", ("micro_batch=0",), 0),
    ],
)
def test_wider_networks_and_larger_images_go_through_in_smaller_parts(
    data, network, fields, expected
):
    _, recipe, _ = plan(data, network, Settings(fields=fields))
    assert recipe.micro_batch == expected


def test_the_seed_among_the_fields_is_the_seed_of_everything():
    assert Settings(seed=3, fields=("seed=7",)).with_one_seed().seed == 7
    assert Settings(seed=3).with_one_seed().seed == 3


def test_a_warm_up_longer_than_the_run_is_told(data):
    _, _, (note,) = planned(data, fields=("steps=20",))
    assert note.endswith("--steps 20 scales it along.")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"minutes": 5, "steps": 10}, "leave out --batch-size, --steps"),
        ({"batch_size": 0}, "--batch-size must be above 0"),
        ({"steps": -1}, "--steps must be above 0"),
        ({"minutes": float("nan")}, "--minutes must be above 0"),
        ({"minutes": float("inf")}, "--minutes must be above 0"),
        ({"minutes": 5, "fields": ("crop=64",)}, "--set of these fields"),
        ({"micro_batch": -4}, "--micro-batch takes auto, or a number from 0"),
        ({"micro_batch": "some"}, "Received: some"),
        ({"seed": -1}, "--seed must be from 0"),
        ({"seed": 2**32}, "--seed must be from 0 to 2[*][*]32-1"),
        ({"rule": "bit-l"}, "no pre-training recipe 'bit-l'; take bit-s or bit-m"),
        ({"fields": ("stepz=1",)}, "Did you mean 'steps'"),
        ({"fields": ("steps",)}, "--set takes FIELD=VALUE"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings, words):
    with pytest.raises(InputError, match=words):
        Settings(**settings)


def test_a_batch_that_the_micro_batch_does_not_divide_is_refused(data):
    with pytest.raises(InputError, match="--micro-batch 5 does not divide the 512"):
        planned(data, micro_batch=5)


def test_minutes_are_measured_with_the_fields_that_were_chosen(data, monkeypatch):
    measured = []

    def seconds(recipe, *_):
        measured.append(recipe)
        return 0.1

    monkeypatch.setattr(plan_module, "_seconds_per_image", seconds)
    planned(data, minutes=10, fields=("remat=true", "precision=mixed_bfloat16"))
    assert (measured[0].remat, measured[0].precision) == (True, "mixed_bfloat16")


def test_what_does_not_fit_the_classes_is_refused_before_the_run_is_begun(data):
    with pytest.raises(InputError, match="one number for each of the 2 classes"):
        planned(data, fields=("class_weights=1,2,3",))


@pytest.fixture
def many_labels():
    examples = ArrayExamples(
        np.zeros((6, 20, 30, 3), "uint8"), np.eye(6, 2, dtype="int8")
    )
    return ImageData("set", ("a", "b"), {"train": examples, "test": examples}, (20, 30))


def test_several_labels_are_learned_with_sigmoids(many_labels):
    rule, recipe, _ = planned(many_labels)
    assert rule.loss == recipe.loss == "sigmoid"


def test_several_labels_are_not_learned_with_a_softmax(many_labels):
    with pytest.raises(InputError, match="several labels each, which loss=softmax"):
        planned(many_labels, fields=("loss=softmax",))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (("best_metric=top1",), "no metric 'top1'.*Known: mean_average_precision"),
        (("balanced=true",), "balanced and class_weights are for images of one label"),
    ],
)
def test_what_needs_one_label_is_refused_for_several(many_labels, fields, words):
    with pytest.raises(InputError, match=words):
        planned(many_labels, fields=("evaluate_every=1", *fields))


def test_a_rule_of_pre_training_is_followed(data):
    rule, recipe, _ = planned(data, rule="bit-m", batch_size=256)
    assert (rule.name, rule.batch_size, rule.base_lr) == ("bit-m", 256, 0.03)
    assert recipe.loss == "sigmoid"  # of one label each, too


def test_devices_share_the_batch_and_mix_their_own_part(data):
    fields = ("mixup_alpha=0.1", "crop=64")
    _, recipe, (note,) = plan(data, "bit_r50x1", Settings(fields=fields), replicas=8)
    assert (recipe.batch_size, recipe.mix_group, recipe.micro_batch) == (512, 64, 0)
    assert "mix_group=64" in note


def test_a_batch_that_the_devices_cannot_share_is_refused(data):
    with pytest.raises(InputError, match="batch of 512 cannot be shared by 3 devices"):
        plan(data, "bit_r50x1", Settings(), replicas=3)


def test_auto_takes_what_was_measured_to_fit(data, monkeypatch):
    monkeypatch.setattr(plan_module, "largest_fitting", lambda trial: trial.part // 4)
    _, recipe, (note,) = planned(data, micro_batch="auto")
    assert recipe.micro_batch == 128
    assert note == "Measured: 128 of a device's 512 images fit in memory at a time."


def test_weights_of_the_classes_are_written_into_the_recipe(data):
    _, recipe, _ = planned(data, class_weights="auto")
    assert recipe.class_weights == (1, 1)
