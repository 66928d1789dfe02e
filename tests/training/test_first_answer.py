import dataclasses
import re

import keras
import numpy as np
import pytest

import bit_keras as bk
from bit_keras import recipes
from bit_keras.data import ImageData
from bit_keras.data.examples import ArrayExamples
from bit_keras.errors import InputError
from bit_keras.evaluation.features import Features
from bit_keras.models import BiTSpec, bit
from bit_keras.training import first_answer, open_run
from bit_keras.training.first_answer import (
    best_size,
    fill_head,
    resized,
    solve_head,
    tell_first_answer,
)

CHANGES = {"resize": 20, "crop": 16, "batch_size": 16, "decay_at": ()}


@pytest.fixture(scope="module")
def network():
    keras.utils.set_random_seed(3)
    return bit(BiTSpec((1,), 0.5), num_classes=2)


@pytest.fixture(scope="module")
def stripes():
    """40 images of 32 pixels: fine stripes that lie, or that stand."""
    generator = np.random.default_rng(0)
    labels = np.arange(40) % 2
    wave = np.tile([0.0, 120.0], 16)
    lying = np.broadcast_to(wave[:, None, None], (32, 32, 3))
    each = np.where(labels[:, None, None, None] == 0, lying, lying.swapaxes(0, 1))
    pixels = np.clip(each + generator.normal(60, 30, each.shape), 0, 255)
    examples = ArrayExamples(pixels.astype("uint8"), labels)
    return ImageData("stripes", ("a", "b"), {"train": examples}, (32, 32))


@pytest.fixture
def quick_recipe(small_recipe):
    return small_recipe(crop=32, resize=32, head="closed_form", steps=0)


def test_the_head_is_given_the_network_and_its_figure_told(
    network, stripes, quick_recipe, capsys
):
    filled = keras.models.clone_model(network)
    filled.set_weights(network.get_weights())
    fill_head(filled, stripes, quick_recipe)
    told = capsys.readouterr().out
    assert "accuracy 100.00% (91.2 to 100.0), which is no test: each of the 40" in told
    logits = filled.predict_on_batch(stripes.parts["train"].pixels.astype("float32"))
    assert (logits.argmax(axis=1) == stripes.parts["train"].labels).all()


def test_the_size_is_the_one_at_which_classes_are_told_apart(
    network, stripes, quick_recipe, monkeypatch
):
    # At 16 pixels, stripes of one pixel in 32 are gone.
    monkeypatch.setattr(recipes, "SIZES", (16, 32))
    assert resized(quick_recipe, stripes, network).crop == 32
    features, square = Features(network), quick_recipe.preprocessing
    assert best_size(features, stripes, square, (16,)) == 16


def test_training_takes_the_largest_size_that_does_as_well(stripes, quick_recipe):
    generator = np.random.default_rng(0)
    noise = generator.normal(size=(40, 3))
    telling = noise + stripes.parts["train"].labels[:, None]
    own = {32: telling, 64: telling + 0.01 * noise[::-1], 128: noise}

    def features(examples, sized):
        return [own[each.crop] for each in sized]

    square = quick_recipe.preprocessing
    assert best_size(features, stripes, square, (32, 64, 128), trains=True) == 64
    assert best_size(features, stripes, square, (32, 128), trains=True) == 32


def test_it_is_told_what_weights_are_worth_and_nothing_changes(
    network, stripes, small_recipe, capsys
):
    before = [array.copy() for array in network.get_weights()]
    tell_first_answer(network, stripes, small_recipe(steps=1000, crop=16))
    assert "s: accuracy " in capsys.readouterr().out
    for array, now in zip(before, network.get_weights(), strict=True):
        np.testing.assert_array_equal(array, now)


def test_it_is_left_out_where_it_takes_more_than_a_tenth(
    network, stripes, small_recipe, capsys
):
    tell_first_answer(network, stripes, small_recipe(steps=1))
    told = capsys.readouterr().out
    assert told == (
        "No first answer without training: it would take more than a tenth of the "
        "run.\n"
    )


def test_more_images_than_memory_holds_are_refused(
    network, stripes, quick_recipe, small_recipe, monkeypatch, capsys
):
    monkeypatch.setattr(first_answer, "MOST_EXAMPLES", 39)
    with pytest.raises(InputError, match="more than 39 training images"):
        fill_head(network, stripes, quick_recipe)
    tell_first_answer(network, stripes, small_recipe(steps=1000))
    assert "more than 39 training images" in capsys.readouterr().out


def test_several_labels_have_a_first_answer_too(network, stripes, quick_recipe, capsys):
    train = stripes.parts["train"]
    labels = np.stack([train.labels == 0, np.arange(40) < 30], axis=1).astype("int8")
    several = ImageData(
        "stripes",
        ("a", "b"),
        {"train": dataclasses.replace(train, labels=labels)},
        (32, 32),
    )
    recipe = dataclasses.replace(quick_recipe, loss="sigmoid")
    fill_head(keras.models.clone_model(network), several, recipe)
    assert "mean average precision " in capsys.readouterr().out


def test_a_run_is_the_same_with_and_without_it(digits, capsys):
    begin = str(digits("begin").folder)
    arguments = {"model": begin, "changes": CHANGES, "steps": 3}
    first = bk.finetune("digits", output=f"{begin}-without", **arguments)
    assert "more than a tenth" in capsys.readouterr().out
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(first_answer, "SHARE", 1e6)
        patch.setattr(recipes, "SIZES", (16,))
        second = bk.finetune("digits", output=f"{begin}-with", **arguments)
    assert "s: accuracy " in capsys.readouterr().out
    weights = [run.network().get_weights() for run in (first, second)]
    for one, other in zip(*weights, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_quick_run_is_a_run_like_any_other(digits, monkeypatch, capsys):
    begin = digits("begin")
    monkeypatch.setattr(recipes, "SIZES", (16, 24))
    capsys.readouterr()
    run = bk.finetune(
        "digits", model=str(begin.folder), recipe="quick", output=begin.folder / "../q"
    )
    told = capsys.readouterr().out
    assert "without training)" in told
    report = (run.folder / "report.html").read_text("utf-8")
    assert re.search(r"training time</th><td>none<", report)
    assert run.metrics["top1"] > 0.5
    assert open_run(run.folder).recipe.crop in (16, 24)
    assert run.info.weights.endswith("; then its head was found in closed form")
    source, now = begin.network(), run.network()
    for layer, other in zip(source.layers[:-1], now.layers[:-1], strict=True):
        for one, another in zip(layer.get_weights(), other.get_weights(), strict=True):
            np.testing.assert_array_equal(one, another)


def test_a_quick_run_without_weights_is_refused(smallest, tmp_path):
    with pytest.raises(InputError, match="there are no weights: add --weights"):
        bk.finetune("digits", model="bit_tiny", recipe="quick", output=tmp_path / "q")


def test_a_quick_run_takes_no_steps_or_minutes(digits, tmp_path):
    begin = str(digits("begin").folder)
    for name in ("steps", "epochs", "minutes"):
        with pytest.raises(InputError, match="trains nothing: leave out"):
            bk.finetune(
                "digits",
                model=begin,
                recipe="quick",
                output=tmp_path / "q",
                **{name: 5},
            )


def test_a_head_that_is_to_be_kept_is_not_replaced(digits, tmp_path):
    begin = str(digits("begin").folder)
    with pytest.raises(InputError, match="makes a new one; leave one of them out"):
        bk.finetune(
            "digits",
            model=begin,
            recipe="quick",
            keep_head=True,
            output=tmp_path / "q",
        )


def test_pre_training_from_weights_has_no_first_answer(digits, tmp_path, capsys):
    begin = str(digits("begin").folder)
    capsys.readouterr()
    changes = {**CHANGES, "steps": 1, "mixup_alpha": 0.0}
    bk.pretrain("digits", model=begin, changes=changes, output=tmp_path / "p")
    assert "irst answer" not in capsys.readouterr().out


def in_groups(groups):
    """20 images of noise, each there twice, with labels that nothing tells."""
    generator = np.random.default_rng(0)
    pixels = generator.integers(0, 256, (20, 32, 32, 3)).astype("uint8")
    examples = ArrayExamples(pixels.repeat(2, axis=0), np.arange(20).repeat(2) % 2)
    examples = dataclasses.replace(examples, groups=groups)
    return ImageData("noise", ("a", "b"), {"train": examples}, (32, 32))


def test_images_that_belong_together_are_left_out_together(
    network, quick_recipe, capsys
):
    features, told = Features(network), []
    for groups in (None, np.arange(40) // 2):
        found, sentence = solve_head(features, in_groups(groups), quick_recipe)
        told.append((found.error, sentence))
    (alone, first), (together, second) = told
    assert together > 1.5 * alone
    assert "each of the 40 training images, at 32 px" in first
    assert "each group of images that belong together, of 40 training images" in second


@pytest.mark.parametrize("groups", [np.arange(40), np.zeros(40, int)])
def test_where_all_or_none_stand_alone_every_image_is_left_out(
    network, quick_recipe, groups
):
    _, told = solve_head(Features(network), in_groups(groups), quick_recipe)
    assert "each of the 40 training images" in told


def test_groups_too_large_to_be_left_out_are_refused(
    network, quick_recipe, monkeypatch
):
    monkeypatch.setattr(first_answer, "MOST_ALIKE", 1)
    with pytest.raises(InputError, match="more than 1 training images belong together"):
        solve_head(Features(network), in_groups(np.arange(40) // 2), quick_recipe)


def test_no_size_is_looked_for_among_too_many_images(
    network, stripes, quick_recipe, monkeypatch
):
    monkeypatch.setattr(first_answer, "MOST_EXAMPLES", 39)
    with pytest.raises(InputError, match="more than 39 training images"):
        resized(quick_recipe, stripes, network)


def test_the_first_answer_is_of_the_size_that_it_names(
    network, stripes, small_recipe, monkeypatch, capsys
):
    monkeypatch.setattr(recipes, "SIZES", (16,))
    tell_first_answer(network, stripes, small_recipe(steps=1000, crop=16))
    expected = capsys.readouterr().out.split(" s: ")[1]
    recipe = small_recipe(steps=1000, crop=16, test_scale=2.0)
    tell_first_answer(network, stripes, recipe)
    assert capsys.readouterr().out.split(" s: ")[1] == expected
