"""A family that nothing knows but the tables goes through everything a network does."""

import dataclasses
import os
import pathlib
import signal
import subprocess
import sys

import numpy as np
import pytest
import toy

import bit_keras
from bit_keras import weights
from bit_keras.commands import main
from bit_keras.errors import InputError
from bit_keras.families.family import PublishedFile
from bit_keras.models import build
from bit_keras.preprocessing import Preprocessing
from bit_keras.training import Learner, open_run
from bit_keras.training.trained import open_trained

ROOT = pathlib.Path(bit_keras.__file__).parents[1]
SCRIPT = pathlib.Path(toy.__file__)
FINETUNE = ("finetune", "--dataset", "digits", "--model", toy.NAME)
PAIRS = ("--recipe", "toy_pairs", "--model", toy.NAME, "--set", "clip_norm=1")


@pytest.fixture(autouse=True, scope="module")
def lines():
    with toy.lines():
        yield


def start(output, *words, **environment):
    """Starts the command line with the toys in a process of its own."""
    return subprocess.Popen(
        [sys.executable, str(SCRIPT), *words, "--output", str(output)],
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "TF_CPP_MIN_LOG_LEVEL": "3",
            **environment,
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def run_in_process(output, *words, **environment):
    process = start(output, *words, **environment)
    _, told = process.communicate(timeout=600)
    assert process.returncode == 0, told[-3000:]
    return weights_of(output)


def weights_of(output):
    return open_run(output).network().get_weights()


def farthest(some, others):
    return max(np.abs(a - b).max() for a, b in zip(some, others, strict=True))


@pytest.fixture(scope="module")
def run(tmp_path_factory, lines):
    folder = tmp_path_factory.mktemp("toy") / "run"
    assert main([*FINETUNE, "--output", str(folder)]) == 0
    return folder


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("photos")
    assert main(["datasets", "digits", "--samples", str(folder)]) == 0
    return folder


@pytest.fixture(scope="module")
def unlabelled(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "images.npz"
    generator = np.random.default_rng(0)
    np.savez(path, x_train=generator.integers(0, 256, (40, 20, 24, 3), "uint8"))
    return str(path)


@pytest.fixture(scope="module")
def pairs(unlabelled, tmp_path_factory, lines):
    """A finished run on pairs of views, without labels and without a head."""
    folder = tmp_path_factory.mktemp("pairs") / "run"
    words = ("pretrain", "--dataset", unlabelled, *PAIRS, "--output", str(folder))
    assert main(list(words)) == 0
    return folder


def test_its_own_rule_and_preprocessing_make_the_run(run):
    opened = open_run(run)
    assert opened.recipe.name == "toy"
    assert opened.info.network == toy.NAME
    assert opened.recipe.preprocessing == Preprocessing(
        crop=16, share=0.8, interpolation="bicubic", antialias=True
    )
    network = opened.network()
    assert network.layers[1].normalization == "imagenet"


def test_a_run_that_is_killed_ends_with_the_same_weights(run, tmp_path):
    folder = tmp_path / "run"
    words = (*FINETUNE, "--checkpoint-minutes", "0")
    process = start(folder, *words, KILLED_AT="5")
    process.communicate(timeout=600)
    assert process.returncode == -signal.SIGKILL
    assert not (folder / "metrics.json").exists()
    ended = run_in_process(folder, *words)
    assert farthest(ended, weights_of(run)) == 0


def test_remat_changes_no_weight(run, tmp_path):
    assert main([*FINETUNE, "--remat", "--output", str(tmp_path / "remat")]) == 0
    assert farthest(weights_of(tmp_path / "remat"), weights_of(run)) < 1e-5


def test_two_devices_end_as_one(run, tmp_path):
    words = (*FINETUNE, "--strategy", "mirrored")
    two = run_in_process(tmp_path / "two", *words, TWO_DEVICES="1")
    assert farthest(two, weights_of(run)) < 1e-4


def test_a_micro_batch_is_told_to_change_the_statistics(tmp_path, capsys):
    words = (*FINETUNE, "--micro-batch", "8", "--output", str(tmp_path / "parts"))
    assert main(list(words)) == 0
    assert "statistics from 8 images at a time" in capsys.readouterr().out
    assert open_run(tmp_path / "parts").recipe.micro_batch == 8


def test_no_micro_batch_is_taken_unasked(run):
    assert open_run(run).recipe.micro_batch == 0


def test_evaluate_gives_the_figures_of_the_end_of_the_run(run, capsys):
    assert main(["evaluate", "--run", str(run)]) == 0
    accuracy = open_run(run).metrics["top1"]
    assert f"top-1 accuracy   {accuracy:.2%}" in capsys.readouterr().out


def test_embed_gives_features_of_its_endpoints(run, photos, tmp_path):
    words = ("embed", "--run", run, photos, "--layer", "normed", "--output")
    assert main([*map(str, words), str(tmp_path / "features.npz")]) == 0
    with np.load(tmp_path / "features.npz", allow_pickle=False) as file:
        assert file["features"].shape == (10, 16, 16, 8)


def test_its_layout_brings_a_run_s_weights_back(run, tmp_path):
    network = open_run(run).network()
    weights.save(network, tmp_path / "toy.npz")
    with np.load(tmp_path / "toy.npz") as file:
        kernel = network.get_layer("convolution").kernel.numpy()
        assert file["toy.convolution"].shape == (8, 3, 3, 3)
        np.testing.assert_array_equal(file["toy.convolution"][5, 1], kernel[:, :, 1, 5])
    other = build(toy.NAME, num_classes=10, weights=str(tmp_path / "toy.npz"))
    assert farthest(other.get_weights(), network.get_weights()) == 0


def test_weights_of_unknown_origin_are_prepared_as_the_family_is(run, tmp_path, capsys):
    weights.save(open_run(run).network(), tmp_path / "toy.npz")
    trained = open_trained(model=toy.NAME, weights=str(tmp_path / "toy.npz"))
    assert trained.preprocessing == toy.FAMILY.preprocessing
    assert trained.class_names[:2] == ("class 0", "class 1")
    told = capsys.readouterr()
    assert "16" in told.out + told.err


def test_published_weights_by_path_have_their_facts(run, tmp_path, monkeypatch):
    file = PublishedFile("toy/digits", "http://", toy.NAME, 10, crop=20, share=0.5)
    monkeypatch.setitem(toy.FAMILY.published, file.name, file)
    (tmp_path / "toy").mkdir()
    weights.save(open_run(run).network(), tmp_path / "toy" / "digits.npz")
    path = str(tmp_path / "toy" / "digits.npz")
    assert (
        open_trained(model=toy.NAME, weights=path).preprocessing == file.preprocessing
    )


@pytest.mark.parametrize("form", ["savedmodel", "hub", "keras", "litert", "onnx"])
def test_every_export_answers_as_the_network(run, photos, tmp_path, form, capsys):
    place = tmp_path / "1"
    words = ("export", "--run", run, "--to", place, "--format", form)
    assert main([str(word) for word in words]) == 0
    told = capsys.readouterr().out
    difference = float(told.split("differ from the network's by ")[1].split()[0])
    assert difference < 1e-4
    if form != "savedmodel":
        return
    assert main(["predict", "--run", str(run), str(photos)]) == 0
    by_run = capsys.readouterr().out
    assert main(["predict", "--saved-model", str(place), str(photos)]) == 0
    assert capsys.readouterr().out == by_run
    assert by_run.count("%") == 30


def test_pairs_are_learned_without_labels_and_without_a_head(pairs):
    info = open_run(pairs).info
    assert info.class_names == ()
    assert info.test_fingerprint is None
    assert info.task == "toy_pairs"
    network = open_run(pairs).network()
    assert network.output.shape == (None, 8)
    assert farthest(network.get_weights(), build(toy.NAME).get_weights()) > 0


def test_pairs_on_two_devices_end_as_on_one(pairs, unlabelled, tmp_path):
    words = ("pretrain", "--dataset", unlabelled, *PAIRS, "--strategy", "mirrored")
    two = run_in_process(tmp_path / "two", *words, TWO_DEVICES="1")
    assert farthest(two, weights_of(pairs)) < 1e-4


def test_pairs_refuse_a_micro_batch(pairs, unlabelled, tmp_path, capsys):
    words = ("pretrain", "--dataset", unlabelled, *PAIRS, "--micro-batch", "8")
    assert main([*words, "--output", str(tmp_path / "run")]) == 2
    assert "toy_pairs" in capsys.readouterr().err
    recipe = dataclasses.replace(open_run(pairs).recipe, micro_batch=8, random_group=1)
    with pytest.raises(InputError, match="compares the images of a batch"):
        Learner(build(toy.NAME), recipe)


def test_a_finished_run_without_a_head_is_told(pairs, unlabelled, capsys):
    words = ("pretrain", "--dataset", unlabelled, *PAIRS, "--output", str(pairs))
    assert main(list(words)) == 0
    assert "pairs were learned" in capsys.readouterr().out


def test_a_run_without_a_head_is_fine_tuned_with_a_new_one(pairs, tmp_path, capsys):
    words = ("finetune", "--dataset", "digits", "--model", str(pairs))
    assert main([*words, "--output", str(tmp_path / "run")]) == 0
    assert "with a new zero head" in capsys.readouterr().out


def test_a_run_without_a_head_embeds_and_names_no_classes(
    pairs, photos, tmp_path, capsys
):
    words = ("embed", "--run", str(pairs), str(photos), "--output")
    assert main([*words, str(tmp_path / "features.npz")]) == 0
    assert main(["predict", "--run", str(pairs), str(photos)]) == 2
    assert "has no head" in capsys.readouterr().err
