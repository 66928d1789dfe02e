import keras
import numpy as np
import pytest

import bit_keras as bk
from bit_keras.data import pipelines
from bit_keras.errors import InputError
from bit_keras.models import BiTSpec
from bit_keras.recipes import RULES, Recipe, Rule, parse_assignments
from bit_keras.training import open_run, results
from bit_keras.training.finetune import default_output
from bit_keras.training.loop import Loop
from bit_keras.training.tasks import classification

RULE = "bit_hyperrule"
FIELDS = ("resize=20", "crop=16", "batch_size=16", "steps=4", "warmup_steps=0")


SMALLEST = BiTSpec((1,), 0.5)


def weights_of(run):
    return run.network().get_weights()


def same(arrays, others):
    return all((a == b).all() for a, b in zip(arrays, others, strict=True))


def test_a_run_depends_on_its_seed_and_on_nothing_else(digits, monkeypatch):
    once = weights_of(digits("once"))
    monkeypatch.setattr(pipelines, "PROCESSORS", 1)  # one image after the other
    assert same(once, weights_of(digits("alone")))
    monkeypatch.setattr(pipelines, "PROCESSORS", 7)
    assert same(once, weights_of(digits("many")))
    assert not same(once, weights_of(digits("other", seed=1)))


def test_few_examples_of_each_class_are_drawn_by_their_own_seed(digits, monkeypatch):
    drawn = []

    def remember(examples, *args, **arguments):
        drawn.append(examples)
        raise InputError("enough seen")

    monkeypatch.setattr(classification, "training_batches", remember)
    for number, seed in enumerate((0, 0, 1)):
        with pytest.raises(InputError, match="enough seen"):
            digits(f"run{number}", examples_per_class=2, subset_seed=seed)
    first, again, other = (examples.pixels for examples in drawn)
    assert np.bincount(drawn[0].labels).tolist() == [2] * 10
    assert (first == again).all()
    assert (first != other).any()


def test_a_metric_is_checked_before_the_first_step(digits, monkeypatch):
    monkeypatch.setattr(Loop, "run", None)
    with pytest.raises(InputError, match="no metric 'top_1'. Did you mean 'top1'"):
        digits("run", "evaluate_every=1", "best_metric=top_1")


def test_a_frozen_network_keeps_its_weights_and_trains_on_later(digits, tmp_path):
    run = digits("run", "freeze=pre_logits", "base_lr=0.1")
    keras.utils.set_random_seed(0)
    start = bk.models.bit(SMALLEST, num_classes=10).get_weights()
    changed = [(a != b).any() for a, b in zip(start, weights_of(run), strict=True)]
    assert changed == [False] * (len(start) - 2) + [True, True]
    assert len(run.network().trainable_variables) == len(start)


def test_the_network_of_a_run_is_fine_tuned_with_a_new_head(digits, tmp_path):
    source = digits("source", "base_lr=0.05")
    run = bk.finetune(
        "digits",
        model=str(tmp_path / "source"),
        output=tmp_path / "run",
        changes=parse_assignments(
            (*FIELDS, "steps=1", "warmup_steps=1")
        ),  # at a rate of 0
    )
    *body, kernel, bias = weights_of(run)
    assert same(body, weights_of(source)[:-2])
    assert not kernel.any()
    assert not bias.any()


@pytest.mark.parametrize("keep_head", [False, True])
def test_weights_bring_their_head_only_where_it_is_to_be_kept(
    tmp_path, golden, golden_folder, monkeypatch, keep_head
):
    file = golden_folder / "01_bit_r1111_w0.5.ckpt.npz"  # of ten classes
    monkeypatch.setattr(Loop, "run", lambda self, batches, state: None)

    def enough(*args, **kwargs):
        raise InputError("enough seen")

    monkeypatch.setattr(results, "classify", enough)
    with pytest.raises(InputError, match="enough seen"):
        bk.finetune(
            "digits",
            model="bit_tiny",
            weights=file,
            output=tmp_path / "run",
            keep_head=keep_head,
            changes=parse_assignments(FIELDS),
        )
    run = open_run(tmp_path / "run")
    arrays = golden(file.name)
    kernel = run.network().get_layer("logits").kernel.numpy()
    expected = arrays["resnet/head/conv2d/kernel"][0, 0] if keep_head else 0 * kernel
    np.testing.assert_array_equal(kernel, expected)
    root = run.network().get_layer("root_conv").kernel.numpy()
    np.testing.assert_array_equal(
        root, arrays["resnet/root_block/standardized_conv2d/kernel"]
    )
    assert file.name in run.info.weights


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            {"bach_size": 3},
            "finetune takes no argument 'bach_size'. Did you mean 'batch",
        ),
        (
            {"crop": 3},
            "no argument 'crop'. It is a field of the recipe: changes={'crop'",
        ),
        ({"recipe": "bit_hyperule"}, "for finetune. Did you mean 'bit_hyperrule'"),
    ],
)
def test_an_unknown_argument_is_refused_with_what_is_meant(arguments, words):
    with pytest.raises(InputError, match=words):
        bk.finetune("digits", model="bit_tiny", **arguments)


def test_an_option_of_another_rule_is_refused():
    words = "takes no argument 'resolution'. It is an option of the recipe bit_h"
    with pytest.raises(InputError, match=words):
        bk.pretrain("digits", model="bit_tiny", resolution="paper")


def test_the_seed_among_the_changes_is_the_seed_of_everything(digits, capsys):
    run = digits("seed", "seed=7", seed=3)
    assert run.recipe.seed == run.info.typed["seed"] == 7
    assert "held out (seed 7)" in capsys.readouterr().out


def test_another_rule_is_followed_and_names_the_folder(smallest, tmp_path, monkeypatch):
    def rule(facts, width=1):
        return Recipe(name="mine", resize=8, crop=8, steps=width, batch_size=4)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(RULES, "mine", Rule(rule, options=("width",)))
    run = bk.finetune("digits", model="bit_tiny", recipe="mine", width=2)
    assert run.folder.name == "digits-bit_tiny-mine"
    assert (run.recipe.name, run.recipe.steps) == ("mine", 2)


def test_images_are_held_out_where_the_rule_asks_for_it(
    smallest, tmp_path, monkeypatch, capsys
):
    def rule(facts):
        return Recipe(
            **{"resize": 8, "crop": 8, "steps": 2, "batch_size": 4},
            **{"evaluate_every": 1, "best_metric": "top1"},
        )

    monkeypatch.setitem(RULES, "watchful", Rule(rule))
    arguments = {"model": "bit_tiny", "recipe": "watchful", "output": tmp_path / "run"}
    run = bk.finetune("digits", **arguments)
    assert run.recipe.evaluate_every == 1
    assert "whose top1 on the held-out images is best" in capsys.readouterr().out


def test_the_output_folder_has_the_names_of_data_and_network(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photos").mkdir()
    for dataset in ("photos", "photos/", "./photos", tmp_path / "photos"):
        found = default_output(dataset, "BiT-M-R50x1", RULE)
        assert found.as_posix() == "runs/photos-BiT-M-R50x1-bit_hyperrule"
    found = default_output("tfds:mnist", "vtab/BiT-M-R50x1-run0-dtd", RULE)
    assert found.as_posix() == "runs/mnist-vtab-BiT-M-R50x1-run0-dtd-bit_hyperrule"
