import dataclasses
import types

import numpy as np
import pytest

from bit_keras.errors import InputError
from bit_keras.training.named_data import NamedData, named_data_of


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"examples_per_class": 0}, "--examples-per-class must be above 0"),
        ({"subset_seed": -1}, "--subset-seed must be 0 or above"),
    ],
)
def test_numbers_out_of_range_are_refused(fields, words):
    with pytest.raises(InputError, match=words):
        NamedData("digits", **fields)


def test_few_examples_of_each_class_are_taken():
    data = NamedData("digits", examples_per_class=2).open(0)
    assert np.bincount(data.parts["train"].labels).tolist() == [2] * 10


def test_images_alone_have_no_classes():
    data = NamedData("digits").open(0, labelled=False)
    assert data.num_classes is None
    assert data.parts["train"].count == 1797


def test_the_data_of_a_run_are_those_that_were_typed():
    named = NamedData("digits", examples_per_class=3, subset_seed=5)
    typed = {**dataclasses.asdict(named), "steps": 7}
    info = types.SimpleNamespace(typed=typed)
    assert named_data_of(types.SimpleNamespace(info=info)) == named


def test_a_run_of_before_there_were_groups_is_split_as_it_was():
    typed = dataclasses.asdict(NamedData("digits"))
    for name in ("group_from", "exclude", "keep_twins"):
        del typed[name]
    info = types.SimpleNamespace(typed=typed)
    named = named_data_of(types.SimpleNamespace(info=info))
    assert named == NamedData("digits", keep_twins=False)


def test_what_the_user_excludes_is_in_no_part_that_is_drawn(tmp_path):
    (tmp_path / "exclude.txt").write_text("row 0\nrow 3\n")
    whole = NamedData("digits").open(0)
    data = NamedData("digits", exclude=str(tmp_path / "exclude.txt")).open(0)
    counts = [sum(part.count for part in d.parts.values()) for d in (whole, data)]
    assert counts[0] - counts[1] == 2
    assert "2 training images are left out" in data.notes[0]
