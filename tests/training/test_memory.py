import dataclasses
import math
import types

import pytest

from bit_keras.errors import InputError
from bit_keras.recipes import Recipe
from bit_keras.recipes.names import CHOICES
from bit_keras.training import memory
from bit_keras.training.memory import CannotMeasure, Trial, fits, largest_fitting


@pytest.fixture
def trial(small_recipe):
    """Gives a function: part -> a trial."""

    def make(part, network="bit_tiny", **fields):
        return Trial(network, 3, 3, small_recipe(batch_size=part, **fields), part)

    return make


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """A machine of 100 bytes, where a step takes 20 and 3 for each image."""
    tried = []

    def peak(self, micro_batch):
        tried.append(micro_batch)
        return 20 + 3 * micro_batch

    monkeypatch.setenv("BIT_KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(memory, "free_memory", lambda: 125)  # 100 of it are used
    monkeypatch.setattr(Trial, "peak", peak)
    return tried


@pytest.mark.parametrize(
    ("part", "expected"), [(64, 16), (24, 24), (27, 9), (48, 24), (23, 23)]
)
def test_the_largest_divisor_that_fits_is_found(trial, machine, part, expected):
    assert largest_fitting(trial(part)) == expected


def test_what_is_too_much_is_not_tried(trial, machine):
    largest_fitting(trial(512))
    assert max(machine) == 16
    assert len(machine) == 3


def test_what_was_measured_is_remembered(trial, machine):
    its = trial(64)
    largest_fitting(its)
    machine.clear()
    assert largest_fitting(its) == 16
    assert machine == []


def test_another_network_is_measured_anew(trial, machine):
    largest_fitting(trial(64))
    machine.clear()
    largest_fitting(trial(64, "bit_r50x1"))
    assert machine


@pytest.mark.parametrize(
    ("fields", "anew"),
    [
        ({"steps": 90, "schedule": "cosine", "mixup_alpha": 0.1, "seed": 3}, False),
        ({"cutmix_alpha": 1.0, "mix_mode": "elem", "repeats": 3}, False),
        ({"crop": 8}, True),
        ({"views": 2}, True),
        ({"batch_norm": "frozen"}, True),
        ({"objective": "another"}, True),
    ],
)
def test_only_what_changes_the_memory_is_measured_anew(
    trial, machine, monkeypatch, fields, anew
):
    monkeypatch.setitem(CHOICES, "objective", ["classification", "another"])
    largest_fitting(trial(64))
    machine.clear()
    largest_fitting(trial(64, **fields))
    assert bool(machine) == anew


def test_what_does_not_change_the_memory_are_fields_of_recipes():
    assert {field.name for field in dataclasses.fields(Recipe)} > memory.UNRELATED


def test_groups_of_random_draws_stay_whole(trial, machine):
    assert largest_fitting(trial(48, random_group=8)) == 24
    assert largest_fitting(trial(48, random_group=16)) == 16


@pytest.mark.parametrize(("number", "expected"), [(26, True), (27, False)])
def test_a_number_fits_where_its_trial_does(trial, machine, number, expected):
    assert fits(trial(64), number) == expected
    assert machine == [number]


def test_a_promise_that_is_not_kept_is_not_taken(trial, machine, monkeypatch):
    def peak(self, micro_batch):
        return math.inf if micro_batch > 10 else 20 + micro_batch

    monkeypatch.setattr(Trial, "peak", peak)
    assert largest_fitting(trial(64)) == 8


def test_a_gpu_is_tried_until_it_does_not_break_off(trial, machine, monkeypatch):
    def peak(self, micro_batch):
        return math.inf if micro_batch > 16 else 20 + micro_batch

    monkeypatch.setattr(Trial, "peak", peak)
    monkeypatch.setattr(memory, "free_memory", lambda: math.inf)
    assert largest_fitting(trial(512)) == 16


def test_a_second_trial_that_breaks_off_leaves_the_first(trial, machine, monkeypatch):
    monkeypatch.setattr(Trial, "peak", lambda self, n: math.inf if n > 1 else 20)
    assert largest_fitting(trial(64)) == 1


def test_a_machine_too_small_for_one_image_is_told(trial, machine, monkeypatch):
    monkeypatch.setattr(memory, "free_memory", lambda: 10)
    with pytest.raises(
        InputError, match="Not even one image .* fit in memory; take --remat"
    ):
        largest_fitting(trial(4))


def test_memory_is_measured_in_a_process_of_its_own(trial):
    small = trial(2).peak(1)
    assert 100e6 < small < 4e9


@pytest.mark.parametrize(
    ("code", "told"), [(-9, ""), (1, "ResourceExhaustedError: OOM when allocating")]
)
def test_a_trial_that_broke_off_for_lack_of_memory_is_too_large(
    trial, monkeypatch, code, told
):
    done = types.SimpleNamespace(returncode=code, stderr=told, stdout="")
    monkeypatch.setattr(memory.subprocess, "run", lambda *args, **arguments: done)
    assert trial(4).peak(2) == math.inf


def test_a_trial_that_fails_otherwise_is_told(trial):
    with pytest.raises(CannotMeasure, match="could not be measured .*no-such"):
        trial(4, "no-such").peak(2)


def test_free_memory_is_known_on_every_system(monkeypatch):
    available = types.SimpleNamespace(available=3 * 2**30)
    monkeypatch.setattr(memory.psutil, "virtual_memory", lambda: available)
    monkeypatch.setattr(memory, "CGROUP", memory.PACKAGE / "not there")
    assert memory.free_memory() == 3 * 2**30


def test_the_peak_is_what_the_system_tells(monkeypatch):
    measured = memory.peak_memory()
    monkeypatch.setattr(memory.sys, "platform", "darwin")
    assert memory.peak_memory() > 0
    told = types.SimpleNamespace(memory_info=lambda: types.SimpleNamespace(peak_wset=7))
    monkeypatch.setattr(memory.psutil, "Process", lambda: told)
    monkeypatch.setattr(memory.sys, "platform", "win32")
    assert memory.peak_memory() == 7
    assert measured > 50 * 2**20
