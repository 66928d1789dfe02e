import dataclasses
import math
import types

import pytest

from bit_keras import families
from bit_keras.errors import InputError
from bit_keras.recipes import RULES, Recipe, Rule
from bit_keras.recipes.names import CHOICES
from bit_keras.training import memory
from bit_keras.training.objectives import OBJECTIVES
from bit_keras.training.plan import plan
from bit_keras.training.settings import Settings

SMALL = {"crop": 64, "resize": 64, "batch_size": 32}


@pytest.mark.parametrize(
    ("network", "changes", "expected"),
    [
        # 32 images of 224 px are 6.97 of 480 px, and 4 is the next divisor of 512.
        ("bit_r50x1", {}, 4),
        ("bit_r101x3", {}, 2),
        ("bit_r152x4", {}, 1),
        ("bit_r50x1", {"crop": 224}, 32),
        ("bit_r50x1", {"crop": 224, "batch_size": 32}, 0),
        ("bit_r50x1", {"crop": 224, "batch_size": 48}, 24),
        ("bit_r50x1", {"crop": 224, "views": 2}, 16),
        ("bit_r50x1", {"crop": 224, "batch_size": 48, "random_group": 16}, 16),
        ("bit_r50x1", {"random_group": 16}, 16),
        ("bit_r50x1", {"micro_batch": 128}, 128),
        ("bit_r50x1", {"micro_batch": 0}, 0),
    ],
)
def test_wider_networks_and_larger_images_go_through_in_smaller_parts(
    data, network, changes, expected
):
    _, recipe, _ = plan(data, network, Settings(changes=changes))
    assert recipe.micro_batch == expected


def test_what_the_rule_says_is_done(planned, data, monkeypatch):
    recipe = Recipe(resize=8, crop=8, steps=9, batch_size=32, micro_batch=8)
    monkeypatch.setitem(RULES, "mine", Rule(lambda facts: recipe))
    assert planned(data, rule="mine")[1].micro_batch == 8
    changes = {"micro_batch": 16}
    assert planned(data, rule="mine", changes=changes)[1].micro_batch == 16


def test_what_is_asked_for_is_done(planned, data):
    assert planned(data, micro_batch=64)[1].micro_batch == 64


def test_a_batch_that_the_micro_batch_does_not_divide_is_refused(planned, data):
    with pytest.raises(InputError, match="--micro-batch 5 does not divide the 512"):
        planned(data, micro_batch=5)


@pytest.mark.parametrize("alpha", ["mixup_alpha", "cutmix_alpha"])
def test_devices_share_the_batch_and_mix_their_own_part(data, alpha):
    settings = Settings(changes={alpha: 0.1, "crop": 64})
    _, recipe, (note,) = plan(data, "bit_r50x1", settings, True, replicas=8)
    assert (recipe.batch_size, recipe.mix_group, recipe.micro_batch) == (512, 64, 0)
    assert "mix_group=64" in note


def test_a_batch_that_the_devices_cannot_share_is_refused(data):
    with pytest.raises(InputError, match="batch of 512 cannot be shared by 3 devices"):
        plan(data, "bit_r50x1", Settings(), replicas=3)


def test_random_groups_that_the_devices_cannot_share_are_refused(data):
    settings = Settings(changes={"random_group": 128})
    with pytest.raises(InputError, match="64 images .* random_group=128; take what"):
        plan(data, "bit_r50x1", settings, replicas=8)


def test_auto_takes_what_was_measured_to_fit(planned, data, monkeypatch):
    monkeypatch.setattr(memory, "largest_fitting", lambda trial: trial.part // 4)
    _, recipe, (note,) = planned(data, micro_batch="auto")
    assert recipe.micro_batch == 128
    assert note == "Measured: 128 of a device's 512 images fit in memory at a time."


@dataclasses.dataclass(frozen=True)
class Spec:
    """A network that takes statistics of its batch; an image keeps a gigabyte."""

    batch_statistics: bool = True

    def parameters(self, num_classes=None, channels=3, image_size=None):
        return 10

    def activations(self, image_size):
        return 2**28


@pytest.fixture
def statistics(monkeypatch, tmp_path):
    """Puts such a network on a machine of 20 images; gives what was tried there."""
    tried = []

    def peak(self, micro_batch):
        tried.append(micro_batch)
        return micro_batch * 2**30

    monkeypatch.setenv("BIT_KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(families, "network", lambda name: (None, Spec()))
    monkeypatch.setattr(memory.Trial, "peak", peak)
    monkeypatch.setattr(memory, "free_memory", lambda: 25 * 2**30)
    return tried


@pytest.fixture
def pairs(monkeypatch):
    """An objective that compares the images of a batch."""
    monkeypatch.setitem(OBJECTIVES, "pairs", types.SimpleNamespace(separable=False))
    monkeypatch.setitem(CHOICES, "objective", ["classification", "pairs"])
    rule = RULES["bit_hyperrule"]

    def compared(facts):
        return dataclasses.replace(rule.make(facts), objective="pairs")

    monkeypatch.setitem(RULES, "bit_hyperrule", Rule(compared))


def test_statistics_of_a_batch_are_not_changed_unasked(planned, data, statistics):
    _, recipe, notes = planned(data, changes={**SMALL, "batch_size": 20})
    assert recipe.micro_batch == 0
    assert statistics == [20]
    assert notes == []


def test_a_batch_that_surely_fits_is_not_tried(planned, data, statistics, monkeypatch):
    # 32 images keep 5 GB, and as much again may be needed: less than half of 27 GB.
    monkeypatch.setattr(Spec, "activations", lambda self, size: 40_000_000)
    assert planned(data, changes=SMALL)[1].micro_batch == 0
    assert statistics == []


def test_a_batch_that_surely_does_not_fit_is_not_tried(planned, data, statistics):
    with pytest.raises(InputError, match="The 512 images .* but 16 do"):
        planned(data, changes={**SMALL, "batch_size": 512})
    assert 512 not in statistics


def test_a_gpu_whose_memory_is_not_known_is_tried(
    planned, data, statistics, monkeypatch
):
    monkeypatch.setattr(memory, "free_memory", lambda: math.inf)
    planned(data, changes=SMALL)
    assert statistics == [32]


def test_a_batch_that_does_not_fit_is_refused_with_the_size_that_does(
    planned, data, statistics
):
    words = (
        "The 32 images of 64 pixels .* do not fit in memory, but 16 do; take "
        "--batch-size 16 or --remat or --micro-batch 16 .*from 16 images instead of 32"
    )
    with pytest.raises(InputError, match=words):
        planned(data, changes=SMALL)


def test_what_is_done_already_is_not_advised(planned, data, statistics):
    with pytest.raises(InputError, match="--batch-size 16 or --micro-batch 16 "):
        planned(data, changes={**SMALL, "remat": True})


def test_the_size_that_fits_is_that_of_all_devices(data, statistics):
    settings = Settings(changes={**SMALL, "batch_size": 64})
    with pytest.raises(InputError, match="take --batch-size 32 or --remat.$"):
        plan(data, "bit_r50x1", settings, replicas=2)


def test_parts_with_statistics_are_refused_on_several_devices(data, statistics):
    settings = Settings(micro_batch=8, changes=SMALL)
    with pytest.raises(InputError, match="several devices, .* leave out --micro-batch"):
        plan(data, "bit_r50x1", settings, replicas=2)


def test_a_run_goes_on_where_memory_cannot_be_measured(
    planned, data, statistics, monkeypatch
):
    def fail(self, micro_batch):
        raise memory.CannotMeasure("Memory could not be measured.")

    monkeypatch.setattr(memory.Trial, "peak", fail)
    _, recipe, (note,) = planned(data, changes=SMALL)
    assert recipe.micro_batch == 0
    assert note.startswith("Whether a batch fits in memory is not known: Memory")


def test_a_batch_that_does_not_fit_is_refused_where_no_other_can_be_tried(
    planned, data, statistics, monkeypatch
):
    def peak(self, micro_batch):
        if micro_batch < self.part:
            raise memory.CannotMeasure("Memory could not be measured.")
        return math.inf

    monkeypatch.setattr(memory.Trial, "peak", peak)
    with pytest.raises(InputError, match="do not fit in memory; take --remat[.]"):
        planned(data, changes=SMALL)


@pytest.mark.parametrize(
    "asked", [{"micro_batch": 8}, {"changes": {**SMALL, "micro_batch": 8}}]
)
def test_what_changes_with_the_statistics_is_told(planned, data, statistics, asked):
    _, recipe, (note,) = planned(data, **{"changes": SMALL, **asked})
    assert recipe.micro_batch == 8
    assert "from 8 images at a time instead of 32, which changes what is" in note


def test_frozen_statistics_do_not_hinder_parts(planned, data, statistics):
    _, recipe, notes = planned(data, changes={**SMALL, "batch_norm": "frozen"})
    assert recipe.micro_batch == 2  # of 2**28 numbers each
    assert notes == []


def test_images_that_are_compared_go_through_together(planned, data, pairs):
    changes = {**SMALL, "crop": 64, "batch_size": 512}
    assert planned(data, changes=changes)[1].micro_batch == 0


@pytest.mark.parametrize("asked", [8, "auto"])
def test_images_that_are_compared_are_not_divided(
    planned, data, pairs, monkeypatch, asked
):
    monkeypatch.setattr(memory, "largest_fitting", lambda trial: 8)
    with pytest.raises(
        InputError, match="objective pairs compares .*leave out --micro"
    ):
        planned(data, changes={**SMALL}, micro_batch=asked)


def test_images_that_are_compared_are_not_advised_to_be_divided(
    planned, data, statistics, pairs
):
    with pytest.raises(InputError, match="take --batch-size 16 or --remat[.]$"):
        planned(data, changes={**SMALL})
