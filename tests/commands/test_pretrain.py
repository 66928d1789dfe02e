import json

import pytest

from bit_keras.training import open_run
from bit_keras.training.trained import open_trained

FIELDS = ("--set", "resize=36", "crop=32", "base_lr=0.01")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("pretrain")


@pytest.fixture(scope="module")
def pretrained(pictures, folder, command):
    """What the command printed, and its run folder."""
    done = command(
        *("pretrain", "--dataset", pictures, "--model", "bit_tiny"),
        *("--recipe", "bit-m", "--batch-size", "8", "--steps", "4"),
        *("--evaluate-every", "2", "--best-metric", "top1"),
        *("--output", folder / "run", *FIELDS),
    )
    assert done.code == 0, done.err
    return done, folder / "run"


def test_the_recipe_is_that_of_the_paper(pretrained):
    recipe = open_run(pretrained[1]).recipe
    assert (recipe.name, recipe.loss, recipe.weight_decay) == ("bit-m", "sigmoid", 1e-4)
    assert (recipe.crop_area, recipe.head_bias, recipe.steps) == (0.05, -10, 4)


def test_the_parameters_of_every_stage_are_printed(pretrained):
    rows = [line.split() for line in pretrained[0].out.splitlines()]
    (logits,) = [row for row in rows if row[:1] == ["logits"]]
    assert logits == ["logits", "3,075", "3,075"]
    assert any(row[:1] == ["stage3"] for row in rows)


def test_the_choice_is_told(pretrained):
    assert "whose top1 on the held-out images is best" in pretrained[0].out


def test_the_held_out_images_are_evaluated_again(pretrained, command, tmp_path):
    _, run = pretrained
    done = command(
        "evaluate", "--run", run, "--split", "val", "--output", tmp_path / "val"
    )
    assert done.code == 0, done.err
    summary = json.loads((tmp_path / "val" / "summary.json").read_text())
    assert summary["examples"] == 3  # a tenth of 24, but one of each class
    told = pretrained[0].out.split("held-out images is best (")[1]
    assert float(told.split(")")[0]) == pytest.approx(summary["top1"], rel=1e-3)


def test_its_network_is_fine_tuned_on_other_classes(
    pretrained, command, folder, write_pictures
):
    photos = write_pictures(folder / "two", 5, names=("blue", "red"))
    done = command(
        *("finetune", "--dataset", photos, "--model", pretrained[1]),
        *("--steps", "2", "--batch-size", "4", "--output", folder / "tuned", *FIELDS),
    )
    assert done.code == 0, done.err
    run = open_run(folder / "tuned")
    assert f"the network of the run '{pretrained[1]}'" in run.info.weights
    assert run.info.network == "bit_tiny"


def test_a_recipe_that_is_not_there(command, pictures, tmp_path):
    done = command(
        *("pretrain", "--dataset", pictures, "--recipe", "bit-l"),
        *("--output", tmp_path / "run"),
    )
    assert done.code == 2
    assert "There is no recipe 'bit-l' for pretrain. Did you mean 'bit-" in done.err


def test_a_recipe_says_what_of_it_is_known_and_is_tested_at_its_size(
    command, pictures, tmp_path
):
    done = command(
        *("pretrain", "--dataset", pictures, "--recipe", "rsb-a3"),
        *("--model", "resnet20", "--batch-size", "8", "--epochs", "1"),
        *("--output", tmp_path / "run", "--set", "crop=16", "test_scale=1.5"),
    )
    assert done.code == 0, done.err
    assert "and the last learning rate, which are timm's of its time" in done.out
    assert "--epochs 1 of 24 images: 3 steps of 8." in done.out
    assert open_trained(tmp_path / "run").crop == 24
