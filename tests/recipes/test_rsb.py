import dataclasses

import numpy as np
import pytest

from bit_keras.errors import InputError
from bit_keras.recipes.rsb import PROCEDURES, resnet_strikes_back

IMAGENET = 1_281_167


def fields_of(recipe, *names):
    return tuple(getattr(recipe, name) for name in names)


@pytest.mark.parametrize("name", PROCEDURES)
def test_rates_of_every_epoch_are_those_of_timm(golden, name):
    arrays, run = golden("06_timm_cosine.npz"), name[-2:].upper()
    # The arrays were made with another first rate, which no source has.
    first_rate = float(arrays["warmup_lr_init"])
    recipe = resnet_strikes_back(name, IMAGENET)
    recipe = dataclasses.replace(recipe, warmup_start=first_rate)
    first = 625 * arrays[f"{run}_prefix0_epochs"]
    for step in (first, first + 624):
        found = [recipe.learning_rate(int(each)) for each in step]
        expected = arrays[f"{run}_prefix0_lr"]
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


def test_the_warm_up_begins_with_the_rate_that_timm_had():
    recipe = resnet_strikes_back("rsb-a3", IMAGENET)
    found = [recipe.learning_rate(625 * epoch) for epoch in (0, 1, 4, 5)]
    assert found == pytest.approx([1e-4, 1.68e-3, 6.42e-3, 7.951e-3], rel=1e-4)


@pytest.mark.parametrize(
    ("name", "steps"), [("rsb-a1", 375_000), ("rsb-a2", 187_500), ("rsb-a3", 62_500)]
)
def test_steps_on_imagenet_are_those_of_the_paper(name, steps):
    assert resnet_strikes_back(name, IMAGENET).steps == steps


@pytest.mark.parametrize(
    ("name", "decay", "smoothing", "mixup", "depth", "repeats", "magnitude"),
    [
        ("rsb-a1", 0.01, 0.1, 0.2, 0.05, 3, 7),
        ("rsb-a2", 0.02, 0, 0.1, 0.05, 3, 7),
        ("rsb-a3", 0.02, 0, 0.1, 0, 1, 6),
    ],
)
def test_the_procedures_differ_as_in_the_paper(
    name, decay, smoothing, mixup, depth, repeats, magnitude
):
    recipe = resnet_strikes_back(name, IMAGENET)
    assert fields_of(recipe, "weight_decay", "label_smoothing") == (decay, smoothing)
    assert fields_of(recipe, "mixup_alpha", "cutmix_alpha") == (mixup, 1)
    assert fields_of(recipe, "stochastic_depth", "repeats") == (depth, repeats)
    assert recipe.rand_augment == f"rand-m{magnitude}-mstd0.5-inc1"


@pytest.mark.parametrize(("name", "size"), [("rsb-a1", 224), ("rsb-a3", 160)])
def test_tests_are_at_224_of_235_pixels_whatever_the_size_in_training(name, size):
    recipe = resnet_strikes_back(name, IMAGENET)
    tested = recipe.preprocessing
    assert (recipe.crop, tested.crop, tested.short_side) == (size, 224, 235)
    assert (tested.interpolation, tested.antialias) == ("bicubic", True)


def test_small_images_are_tested_at_the_size_of_training():
    recipe = resnet_strikes_back("rsb-a3", 5000, 64, image_size=(200, 100))
    assert recipe.preprocessing.crop == 160


def test_every_class_of_a_mixture_is_there():
    recipe = resnet_strikes_back("rsb-a1", IMAGENET)
    labels = fields_of(recipe, "loss", "class_mean", "mixed_labels")
    assert labels == ("sigmoid", True, "presence")


@pytest.mark.parametrize("name", PROCEDURES)
def test_rates_go_with_the_root_of_the_batch_and_the_epochs_stay(name):
    whole = resnet_strikes_back(name, IMAGENET)
    quarter = resnet_strikes_back(name, IMAGENET, 512)
    for rate in ("base_lr", "warmup_start", "final_lr"):
        assert getattr(quarter, rate) == pytest.approx(getattr(whole, rate) / 2)
    assert quarter.steps == pytest.approx(4 * whole.steps, rel=1e-3)
    assert quarter.lr_every * 5 == quarter.warmup_steps


@pytest.mark.parametrize(
    ("batch_size", "group"), [(2048, 512), (64, 16), (8, 2), (12, 0), (4, 0), (3, 0)]
)
def test_images_are_mixed_in_quarters_of_whole_pairs(batch_size, group):
    assert resnet_strikes_back("rsb-a2", 5000, batch_size).mix_group == group


def test_less_than_a_batch_of_images_still_makes_a_recipe():
    recipe = resnet_strikes_back("rsb-a3", 1000)
    assert (recipe.steps, recipe.lr_every) == (round(100 * 1000 / 2048), 1)


@pytest.mark.parametrize(
    ("name", "images", "words"),
    [("rsb-b", 10, "take rsb-a1 or rsb-a2 or rsb-a3"), ("rsb-a1", 0, "0 images")],
)
def test_what_cannot_be_is_refused(name, images, words):
    with pytest.raises(InputError, match=words):
        resnet_strikes_back(name, images)
