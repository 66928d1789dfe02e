import csv
import dataclasses
import math

import keras
import numpy as np
import pytest
import tensorflow as tf

import bit_keras as bk
from bit_keras.errors import InputError
from bit_keras.models import BiTSpec
from bit_keras.recipes import RULES, Recipe, Rule, parse_assignments
from bit_keras.training import job, open_run, results
from bit_keras.training.finetune import default_output
from bit_keras.training.loop import Loop
from bit_keras.training.tasks import classification

RULE = "bit_hyperrule"
FIELDS = ("resize=20", "crop=16", "batch_size=16", "steps=4", "warmup_steps=0")


SMALLEST = BiTSpec((1,), 0.5)


@pytest.fixture
def digits(smallest, tmp_path):
    """Gives a function: name of the run, arguments -> a run on the digits."""

    def run(name, *fields, **arguments):
        return bk.finetune(
            "digits",
            model="bit_tiny",
            output=tmp_path / name,
            changes=parse_assignments((*FIELDS, *fields)),
            **arguments,
        )

    return run


def weights_of(run):
    return run.network().get_weights()


def same(arrays, others):
    return all((a == b).all() for a, b in zip(arrays, others, strict=True))


def test_a_run_depends_on_its_seed_and_on_nothing_else(digits, monkeypatch):
    once = weights_of(digits("once"))
    monkeypatch.setattr(tf.data, "AUTOTUNE", 1)  # one image after the other
    assert same(once, weights_of(digits("alone")))
    monkeypatch.setattr(tf.data, "AUTOTUNE", 7)
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


def test_a_loss_that_is_not_finite_ends_the_run(digits, tmp_path):
    with pytest.raises(InputError, match="with a learning rate of 1e[+]30: try"):
        digits("run", "base_lr=1e30")
    names = {path.name for path in (tmp_path / "run").iterdir()}
    assert not names & {"model.keras", "metrics.json", "report.html"}
    with (tmp_path / "run" / "log.csv").open(newline="") as file:
        losses = [float(row["loss"]) for row in csv.DictReader(file)]
    assert not math.isfinite(losses[-1])
    assert all(math.isfinite(loss) for loss in losses[:-1])


def test_a_finished_run_is_complete(digits):
    run = digits("run")
    assert run.metrics["examples"] == 359
    assert 0 <= run.metrics["top1"] <= run.metrics["top5"] <= 1
    assert run.info.class_names == tuple("0123456789")
    page = (run.folder / "report.html").read_text("utf-8")
    assert "bit_tiny" in page
    assert not (run.folder / "checkpoints").exists()


def test_a_finished_run_says_so_and_does_nothing(digits, capsys, monkeypatch):
    run = digits("run")
    before = {path: path.stat().st_mtime_ns for path in run.folder.rglob("*")}
    monkeypatch.setattr(Loop, "run", None)
    assert digits("run").metrics == run.metrics
    assert "This run is finished: top-1 accuracy" in capsys.readouterr().out
    del before[run.folder / ".lock"]
    for path, time in before.items():
        assert path.stat().st_mtime_ns == time


@pytest.fixture
def begun(digits, monkeypatch):
    """A run that was interrupted before its first step."""

    def interrupt(self, batches, state):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Loop, "run", interrupt)
        with pytest.raises(KeyboardInterrupt):
            digits("run")
    return digits


def test_a_run_that_was_begun_is_ended_by_the_same_call(begun, capsys):
    assert begun("run").metrics["examples"] == 359
    assert "Going on with the run in" in capsys.readouterr().out


def test_a_run_on_other_images_does_not_go_on(begun, tmp_path):
    run = open_run(tmp_path / "run")
    run.write(
        "run.json", {**dataclasses.asdict(run.info), "train_fingerprint": "another"}
    )
    with pytest.raises(InputError, match="training images have changed"):
        begun("run")


def test_a_worker_that_finds_other_checkpoints_is_told(digits, monkeypatch):
    monkeypatch.setattr(
        job, "told_by_chief", lambda strategy, text: "7" if text == "0" else text
    )
    with pytest.raises(InputError, match="on a disk that all machines share"):
        digits("run")


def test_the_averages_are_what_is_saved_and_the_result_says_so(digits, capsys):
    run = digits("run", "ema_decay=0.9", "steps=6", "base_lr=0.05")
    assert (
        "saved: moving averages of the weights (decay 0.9)" in capsys.readouterr().out
    )
    assert not same(
        weights_of(run), weights_of(digits("plain", "steps=6", "base_lr=0.05"))
    )


def test_the_best_weights_are_what_is_saved_and_the_result_says_so(digits, capsys):
    # The first step has the rate 0, and the others destroy what is there.
    fields = ("steps=4", "base_lr=3", "warmup_steps=3", "momentum=0")
    choose = ("evaluate_every=1", "best_metric=loss")
    run = digits("run", *fields, *choose)
    assert "those after step 1, whose loss on the held-out images is best" in (
        capsys.readouterr().out
    )
    assert not same(weights_of(run), weights_of(digits("last", *fields, choose[0])))


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
    words = "takes no argument 'resolution'. It is an option of bit_hyperrule alone"
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
