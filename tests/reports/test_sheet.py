import dataclasses
import io

import numpy as np
import pytest
from PIL import Image

from bit_keras.data.batches import training_batches
from bit_keras.data.examples import ArrayExamples
from bit_keras.errors import InputError
from bit_keras.recipes import Recipe
from bit_keras.reports.sheet import rows_of, sheet, told

RECIPE = Recipe(name="mine", resize=12, crop=8, steps=9, batch_size=64, mix_group=32)
MIXING = dataclasses.replace(RECIPE, mixup_alpha=1.0)
NAMES = ("cat", "dog", "猫")


@pytest.fixture
def examples():
    pixels = np.random.default_rng(0).integers(0, 256, (20, 9, 13, 3), "uint8")
    return ArrayExamples(pixels, np.arange(20) % 3)


@pytest.fixture
def plain():
    """One red image of class 0, one blue one of class 1."""
    pixels = np.zeros((2, 8, 8, 3), "uint8")
    pixels[0, ..., 0] = pixels[1, ..., 2] = 200
    return ArrayExamples(pixels, np.arange(2))


def colours(png):
    pixels = np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).reshape(-1, 3)
    return {tuple(colour) for colour in pixels.tolist()}


def test_the_first_augmented_row_is_what_a_run_begins_with(examples):
    _, row, *_ = rows_of(examples, RECIPE, NAMES, 4)
    images, _ = next(iter(training_batches(examples, RECIPE, 3)))
    np.testing.assert_array_equal(row.pictures, images[:4])


def test_the_augmented_rows_differ(examples):
    _, *augmented = rows_of(examples, RECIPE, NAMES, 4)
    pictures = [picture.tobytes() for row in augmented for picture in row.pictures]
    assert len(set(pictures)) == len(pictures) == 16


def test_the_first_row_has_the_images_as_they_are_with_their_classes(examples):
    row, *_ = rows_of(examples, RECIPE, NAMES, 4)
    for picture, text in zip(row.pictures, row.texts, strict=True):
        (place,) = np.flatnonzero((examples.pixels == picture).all(axis=(1, 2, 3)))
        assert text == [("cat", "dog", "class 2")[place % 3]]


def test_images_come_once_where_the_recipe_repeats_them(examples):
    recipe = dataclasses.replace(RECIPE, repeats=3)
    row, *_ = rows_of(examples, recipe, NAMES, 6)
    assert len({picture.tobytes() for picture in row.pictures}) == 6


@pytest.mark.parametrize("mode", ["batch", "pair", "elem"])
def test_every_mixture_has_a_draw_of_its_own(examples, mode):
    recipe = dataclasses.replace(MIXING, mix_mode=mode)
    *_, row, following = rows_of(examples, recipe, NAMES, 4)
    texts = [tuple(text) for text in (*row.texts, *following.texts)]
    shares = [text for text in texts if len(text) == 2]
    assert len(shares) == len(set(shares)) > 3


def test_a_recipe_that_does_not_mix_has_no_mixtures(examples):
    names = [row.name for row in rows_of(examples, RECIPE, NAMES, 4)]
    assert names == ["as it is"] + 4 * ["augmented"]


def test_images_without_labels_have_no_texts(examples):
    examples = dataclasses.replace(examples, labels=None)
    assert not any(row.texts for row in rows_of(examples, RECIPE, (), 4))
    with pytest.raises(InputError, match="no labels: leave out mixup_alpha"):
        list(rows_of(examples, MIXING, (), 4))


def test_mixtures_are_drawn_only_where_the_recipe_mixes(plain):
    def purple(recipe):
        drawn = colours(sheet(plain, recipe, NAMES, 2))
        assert {(200, 0, 0), (0, 0, 200)} <= drawn
        return {(r, g, b) for r, g, b in drawn if r > 20 and b > 20 and not g}

    assert purple(MIXING)
    assert not purple(RECIPE)


def test_the_recipe_of_a_single_step_or_none_can_be_drawn(plain):
    for steps in (0, 1):
        recipe = dataclasses.replace(MIXING, steps=steps)
        assert (200, 0, 0) in colours(sheet(plain, recipe, NAMES, 1))


def test_shares_are_told_from_the_largest_down():
    assert told(np.array([0.3, 0.696, 0.004]), NAMES) == ["dog: 70 %", "cat: 30 %"]
    assert told(np.array([0, 0.997, 0.003]), NAMES) == ["dog"]


def test_many_classes_are_not_all_named():
    names = [f"c{number}" for number in range(6)]
    assert told(np.ones(6), names) == ["c0", "c1", "c2", "c3", "and 2 more"]
    assert told(np.zeros(6), names) == []
