import io

import numpy as np
import pytest
from PIL import Image, ImageEnhance
from scenes import cropped, scene

from bit_keras.data import twins
from bit_keras.data.examples import ArrayExamples
from bit_keras.data.twins import (
    appearance,
    brought_together,
    group_numbers,
    have_twins,
    looked_at,
    twins_among,
)


def encoded_again(image):
    file = io.BytesIO()
    image.save(file, "JPEG", quality=50)
    return Image.open(file)


def turned(image):
    # Without the corners that a turn leaves empty.
    return cropped(image.rotate(20, Image.BICUBIC), 0.2)


CHANGES = {
    "encoded again": encoded_again,
    "of half the size": lambda image: image.resize((96, 72)),
    "cropped": cropped,
    "brighter": lambda image: ImageEnhance.Brightness(image).enhance(1.1),
    "darker": lambda image: ImageEnhance.Brightness(image).enhance(0.9),
}


def seen(*images):
    """What there is to see of pictures, which need not be of one size."""
    parts = [looked_at(ArrayExamples(np.array([image]))) for image in images]
    looks = np.concatenate([part.looks for part in parts])

    def thumbnails(positions):
        one = np.array([0])
        return np.concatenate([appearance(parts[i]).thumbnails(one) for i in positions])

    return twins.Appearance(looks, thumbnails)


@pytest.fixture
def burst():
    """Six pictures: the first, third and last are nearly the same."""
    frames = [scene(0), scene(1), scene(0), scene(2), scene(3), scene(0)]
    pixels = np.array(frames)
    pixels[2, :5] += 9
    pixels[5, -5:] -= 9
    return ArrayExamples(pixels, np.arange(6))


@pytest.mark.parametrize("change", CHANGES)
def test_a_picture_that_an_export_has_changed_is_a_twin(change):
    photo = scene(5, (192, 144))
    others = seen(scene(6), CHANGES[change](photo))
    assert twins_among(seen(photo), others).tolist() == [1]


@pytest.mark.parametrize("other", [turned(scene(5, (192, 144))), scene(6, (192, 144))])
def test_a_turn_of_20_degrees_and_another_picture_are_no_twins(other):
    assert twins_among(seen(scene(5, (192, 144))), seen(other)).tolist() == [-1]


def test_a_hash_in_common_is_not_enough():
    # Its signs are those of the differences to the median, whatever their colours.
    photo = np.array(scene(5))
    gray = photo.mean(axis=-1).astype("uint8")
    contrast = np.stack([gray, gray, 255 - gray], axis=-1)
    alike = seen(np.stack([gray] * 3, axis=-1), contrast)
    bits = [f"{int(look[16:], 16):064b}" for look in alike.looks]
    assert sum(a != b for a, b in zip(*bits, strict=True)) <= twins.BITS
    assert len(set(group_numbers(alike))) == 2


def test_small_pictures_are_twins_of_exact_copies_alone():
    small = np.array([scene(0, (30, 30))] * 3)
    small[1, 0, 0, 0] ^= 1
    numbers = brought_together(looked_at(ArrayExamples(small))).groups
    assert numbers[0] == numbers[2] != numbers[1]


def test_twins_have_the_number_of_their_group_and_all_others_their_own(burst):
    numbers = brought_together(looked_at(burst)).groups
    assert numbers[0] == numbers[2] == numbers[5]
    assert len(set(numbers.tolist())) == 4


def test_what_belongs_together_already_takes_its_twins_along(burst):
    numbers = group_numbers(appearance(looked_at(burst)), np.array([7, 7, 1, 2, 2, 3]))
    assert numbers[0] == numbers[1] == numbers[2] == numbers[5]
    assert numbers[3] == numbers[4] != numbers[0]


def test_groups_do_not_depend_on_how_many_are_compared_at_once(burst, monkeypatch):
    pictures = appearance(looked_at(burst))
    at_once = group_numbers(pictures)
    monkeypatch.setattr(twins, "_PAIRS", 1)
    monkeypatch.setattr(twins, "_CONFIRMED", 1)
    assert group_numbers(pictures).tolist() == at_once.tolist()


def test_only_what_may_be_a_twin_is_looked_at_again(burst):
    asked = []
    pictures = appearance(looked_at(burst))

    def thumbnails(positions):
        asked.extend(positions.tolist())
        return pictures.thumbnails(positions)

    group_numbers(twins.Appearance(pictures.looks, thumbnails))
    assert asked == [0, 2, 5]


def test_exact_copies_are_found_without_a_second_look(burst):
    def fail(positions):
        raise AssertionError("looked at again")

    alone = twins.Appearance(looked_at(burst.take([0, 1])).looks, fail)
    twice = twins.Appearance(np.concatenate([alone.looks] * 2), fail)
    assert twins_among(alone, twice).tolist() == [0, 1]
    numbers = group_numbers(twice)
    assert numbers[:2].tolist() == numbers[2:].tolist()


def test_parts_keep_looks_and_groups_of_what_they_take(burst):
    whole = brought_together(looked_at(burst))
    part = whole.take(np.array([5, 1]))
    assert part.looks.tolist() == whole.looks[[5, 1]].tolist()
    assert part.groups.tolist() == whole.groups[[5, 1]].tolist()


def test_many_arrays_are_not_looked_at_for_a_run(burst, monkeypatch):
    monkeypatch.setattr(twins, "MOST_LOOKED_AT", 5)
    assert looked_at(burst).looks is None
    assert brought_together(burst).groups is None


def test_too_many_are_not_compared_and_keep_the_groups_that_are_known(
    burst, monkeypatch
):
    monkeypatch.setattr(twins, "MOST_COMPARED", 5)
    assert brought_together(looked_at(burst)).groups is None


def test_a_twin_in_any_of_the_other_parts_counts(burst):
    parts = [looked_at(burst.take([n])) for n in (2, 1)]
    tested = looked_at(burst.take([0, 1, 3]))
    assert have_twins(tested, parts).tolist() == [True, True, False]
    assert have_twins(tested, parts[1:]).tolist() == [False, True, False]


def test_of_images_that_nobody_looked_at_nothing_is_said(burst, monkeypatch):
    assert have_twins(looked_at(burst), [burst]) is None
    monkeypatch.setattr(twins, "MOST_COMPARED", 11)
    assert have_twins(looked_at(burst), [looked_at(burst)]) is None
