import dataclasses
import re

import pytest

from bit_keras.data import ImageData
from bit_keras.data.examples import FileExamples
from bit_keras.data.grouping import compiled, grouped_by_path
from bit_keras.errors import InputError


def files(*names):
    paths = tuple(f"/data/burst9/{name}" for name in names)
    examples = FileExamples(paths, root="/data/burst9")
    return ImageData("mine", (), {"train": examples}, (4, 6))


NAMES = ("burst1_a.jpg", "cat/burst2_a.jpg", "burst1_b.jpg", "alone.jpg", "other.jpg")


def numbers(pattern):
    data = grouped_by_path(files(*NAMES), re.compile(pattern))
    return data.parts["train"].groups.tolist(), data.notes


@pytest.mark.parametrize("pattern", ["(burst\\d+)_", "burst\\d+", "(?:x|burst)(\\d)"])
def test_files_in_whose_paths_the_same_is_found_belong_together(pattern):
    first, second, third, *alone = numbers(pattern)[0]
    assert first == third
    assert len({first, second, *alone}) == 4


def test_images_that_do_not_match_are_counted():
    _, (note,) = numbers("burst\\d+")
    assert "not found in the paths of 2 of 5 images, which stand alone" in note
    assert numbers(".")[1] == ()


def test_the_name_of_a_group_is_not_the_number_of_one_alone():
    data = grouped_by_path(files("0.png", "x3", "x", "y"), re.compile("x(\\d)"))
    assert len(set(data.parts["train"].groups.tolist())) == 4


def test_a_group_that_takes_no_part_in_the_match_is_none():
    first, second, third, *_ = numbers("(burst1)|alone")[0]
    assert first == third != second


def test_groups_that_a_given_split_tears_are_told():
    parts = {
        "train": files("burst1_a", "burst2_a", "x").parts["train"],
        "test": files("burst1_b", "burst3_a", "burst1_c", "y").parts["train"],
        "val": files("burst3_b").parts["train"],
    }
    data = dataclasses.replace(files(), parts=parts)
    torn, alone = grouped_by_path(data, re.compile("burst\\d")).notes
    assert torn == (
        "The given split tears groups: 2 of 4 test images belong to images in training."
    )
    assert "which stand alone" in alone


def test_a_pattern_that_is_found_nowhere_is_refused():
    with pytest.raises(
        InputError, match="found in none of the paths .* 'burst1_a.jpg'"
    ):
        numbers("burst9")


def test_what_is_no_pattern_is_refused():
    with pytest.raises(InputError, match=r"Received: '\(a' \(missing \)"):
        compiled("(a")


def test_images_that_are_no_files_have_no_paths_to_search(image_data):
    with pytest.raises(InputError, match="leave it out"):
        grouped_by_path(image_data(train=4), re.compile("a"))
