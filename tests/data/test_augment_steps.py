"""The steps that recipes of today take, one after the other."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from bit_keras.data import augment, images, training_batches
from bit_keras.data.examples import ArrayExamples
from bit_keras.recipes import Recipe

RECIPE = Recipe(resize=16, crop=16, steps=6, batch_size=4, cropping="torchvision")
RAND_AUGMENT = dataclasses.replace(
    RECIPE,
    train_interpolation="random",
    train_antialias=True,
    rand_augment="rand-m7-mstd0.5-inc1-p1",
    erasing=1.0,
)
JITTER = dataclasses.replace(RECIPE, colour_jitter=0.4, erasing=0.5)
PIXELS = np.random.default_rng(0).integers(0, 256, (9, 40, 50, 3), "uint8")


def augmented(recipe, count=12, image=PIXELS[0]):
    image = tf.constant(image)
    draw = tf.function(lambda key: augment.augment(image, recipe, key))
    return [draw(tf.constant([0, k], tf.int64)).numpy() for k in range(count)]


@pytest.mark.parametrize("recipe", [RAND_AUGMENT, JITTER])
@pytest.mark.parametrize("channels", [1, 3])
def test_with_everything_on_images_are_what_the_network_takes(recipe, channels):
    for picture in augmented(recipe, image=PIXELS[0, ..., :channels]):
        assert picture.dtype == np.float32
        assert picture.shape == (16, 16, channels)
        assert np.isfinite(picture).all()


@pytest.mark.parametrize(
    "changes", [{"rand_augment": "rand-p0"}, {"colour_jitter": 1e-9}]
)
def test_a_step_that_changes_nothing_leaves_the_rounded_crop(changes):
    plain = augmented(RECIPE)
    stepped = augmented(dataclasses.replace(RECIPE, **changes))
    np.testing.assert_array_equal(stepped, np.round(plain))


def test_erasing_leaves_what_it_does_not_erase():
    plain = augmented(RECIPE)
    erased = augmented(dataclasses.replace(RECIPE, erasing=1.0))
    shares = [(a != b).any(-1).mean() for a, b in zip(plain, erased, strict=True)]
    assert min(shares) > 0.01
    assert max(shares) < 0.4


@pytest.mark.parametrize(
    "changes", [{"rand_augment": "rand-m9-p1"}, {"colour_jitter": 0.4}]
)
def test_nothing_changes_the_noise_of_erasing_any_more(changes):
    noise = np.array(augmented(dataclasses.replace(RECIPE, erasing=1.0, **changes)))
    assert noise.min() < -20
    assert noise.max() > 275
    assert (noise != np.round(noise)).any()


def test_rand_augment_fills_up_what_was_cropped_and_mirrored():
    # Of a white image all that is not white comes from outside of the crop.
    white = np.full((40, 50, 3), 255, "uint8")
    recipe = dataclasses.replace(RECIPE, rand_augment="rand-m10-n1-p1")
    seen = {tuple(p) for c in augmented(recipe, 60, white) for p in c.reshape(-1, 3)}
    assert (124.0, 116.0, 104.0) in seen


def test_steps_are_taken_in_the_order_of_timm(monkeypatch):
    taken = []

    def noted(name, step):
        def change(image, recipe, key):
            taken.append(name)
            return step.change(image, recipe, key)

        return dataclasses.replace(step, change=change)

    for name, step in augment.STEPS.items():
        on = dataclasses.replace(noted(name, step), on=lambda recipe: True)
        monkeypatch.setitem(augment.STEPS, name, on)
    augmented(dataclasses.replace(RECIPE, rand_augment="rand"), 1)
    assert taken == ["crop", "flip", "rand_augment", "colour_jitter", "erasing"]


def test_no_two_steps_draw_the_same():
    numbers = [step.numbers for step in augment.STEPS.values() if step.numbers]
    # 1 to 3 are those of crops and their resizing.
    assert len(set(numbers) | {(1,), (2,), (3,)}) == len(numbers) + 3


def test_random_interpolation_takes_both_half_the_time():
    def of(interpolation):
        recipe = dataclasses.replace(RECIPE, train_interpolation=interpolation)
        return np.array(augmented(recipe, 200))

    linear, cubic, random = of("bilinear"), of("bicubic"), of("random")
    is_linear = (random == linear).all((1, 2, 3))
    is_cubic = (random == cubic).all((1, 2, 3))
    assert (is_linear ^ is_cubic).all()
    assert 70 < is_linear.sum() < 130


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic"])
@pytest.mark.parametrize("antialias", [False, True])
def test_training_images_are_resized_as_the_recipe_says(interpolation, antialias):
    recipe = dataclasses.replace(
        RECIPE,
        cropping="none",
        flip=False,
        train_interpolation=interpolation,
        train_antialias=antialias,
    )
    (picture,) = augmented(recipe, 1)
    expected = images.resize(PIXELS[0], (16, 16), interpolation, antialias)
    np.testing.assert_array_equal(picture, expected)


def test_views_are_augmented_apart_in_every_step():
    # Whole images that are not mirrored: what differs comes from the steps after them.
    changes = {"cropping": "none", "flip": False, "train_interpolation": "bilinear"}
    recipe = dataclasses.replace(RAND_AUGMENT, **changes, views=2)
    views = augmented(recipe, 8)
    assert views[0].shape == (2, 16, 16, 3)
    assert len({view.tobytes() for image in views for view in image}) == 16


MIXED = {"mixup_alpha": 0.2, "cutmix_alpha": 1.0, "mix_mode": "pair"}


@pytest.mark.parametrize(
    "recipe",
    [
        dataclasses.replace(RAND_AUGMENT, **MIXED, repeats=3),
        dataclasses.replace(JITTER, **MIXED),
        dataclasses.replace(JITTER, views=2),
    ],
)
def test_a_run_that_goes_on_gets_the_batches_it_would_have_had(recipe):
    examples = ArrayExamples(PIXELS, np.arange(9) % 3)
    whole = list(training_batches(examples, recipe, 3))
    rest = list(training_batches(examples, recipe, 3, start=4))
    assert len(rest) == 2
    for batch, again in zip(whole[4:], rest, strict=True):
        for values, values_again in zip(batch, again, strict=True):
            np.testing.assert_array_equal(values, values_again)
    assert len({image.numpy().tobytes() for batch in whole for image in batch[0]}) == 24
