import json
import re

import pytest

from bit_keras import models, weights


@pytest.fixture
def evaluated(command, finished, tmp_path):
    """Gives a function: words -> (`Done`, what sizes.json holds, the output folder)."""

    def run(*words):
        out = tmp_path / "out"
        words = ("evaluate", "--run", finished.folder, "--output", out, *words)
        done = command(*words)
        assert done.code == 0, done.err
        return done, json.loads((out / "sizes.json").read_text("utf-8")), out

    return run


def test_every_size_and_share_is_evaluated_and_drawn(evaluated):
    done, found, out = evaluated("--sizes", "48,24", "--crop-shares", "0.875,0,1")
    rows = found["combinations"]
    assert [(row["size"], row["share"]) for row in rows] == [
        (size, share) for size in (24, 48) for share in (0, 0.875, 1)
    ]
    assert found["examples"] == 6
    lines = [line.split() for line in done.out.splitlines()]
    assert ["size", "whole", "0.875", "1"] in lines
    assert (out / "sizes.png").read_bytes().startswith(b"\x89PNG")
    assert not (out / "summary.json").exists()


def test_the_network_s_own_gives_what_evaluate_gives(command, finished, evaluated):
    _, found, out = evaluated("--sizes", "24", "--split", "train")
    own = found["own"]
    assert (own["size"], own["share"]) == (32, 0)
    words = ("--run", finished.folder, "--split", "train", "--output", out)
    assert command("evaluate", *words).code == 0
    summary = json.loads((out / "summary.json").read_text("utf-8"))
    assert own["value"] == summary["top1"]


@pytest.mark.parametrize(
    ("flag", "expected"),
    [("--sizes=24,48", [(24, 0), (48, 0)]), ("--crop-shares=0.5", [(32, 0.5)])],
)
def test_either_flag_alone_leaves_the_other_as_the_network_has_it(
    evaluated, flag, expected
):
    found = evaluated(flag)[1]
    assert [(row["size"], row["share"]) for row in found["combinations"]] == expected


def test_a_crop_takes_the_place_of_the_network_s_own_size(evaluated):
    done, found, _ = evaluated("--sizes", "24", "--crop", "40")
    assert "own, 40 px" in done.out
    assert [row["size"] for row in found["combinations"]] == [24]


@pytest.mark.parametrize("split", ["test", "train"])
def test_choosing_by_the_test_is_warned_of(evaluated, split):
    done, found, _ = evaluated("--sizes", "24", "--split", split)
    assert ("choose by --split val" in done.out) == (split == "test")
    assert found["split"] == split


def test_several_labels_are_evaluated_by_their_average_precision(
    command, several_labels, tmp_path
):
    out = ("--output", tmp_path)
    done = command("evaluate", "--run", several_labels, "--sizes", "24", *out)
    assert done.code == 0, done.err
    assert "mean average precision of 6 images" in done.out
    found = json.loads((tmp_path / "sizes.json").read_text("utf-8"))
    assert found["own"]["value"] == pytest.approx(0.5)
    assert found["own"]["low"] is None


@pytest.fixture
def vit(tmp_path):
    """Words for `evaluate` that name a ViT for images of 32 pixels."""
    file = tmp_path / "vit.npz"
    network = models.build("vit_tiny", num_classes=3, image_size=(32, 32))
    head = network.get_layer("logits")
    head.set_weights([head.get_weights()[0] + 0.1, head.get_weights()[1]])
    weights.save(network, file)
    return ("evaluate", "--model", "vit_tiny", "--weights", file)


def test_a_network_for_one_size_is_made_anew_for_others(
    command, vit, pictures, tmp_path
):
    words = ("--dataset", pictures, "--sizes", "24,40", "--output", tmp_path / "out")
    done = command(*vit, *words)
    assert done.code == 0, done.err
    assert "The network's own, 32 px" in done.out
    assert done.err.count("none of the published files") == 1


def test_a_size_below_what_the_network_can_take_is_refused(refused, vit, pictures):
    sentence = refused(*vit, "--dataset", pictures, "--sizes", "4,32")
    assert "4 x 4 pixels are smaller than a patch" in sentence


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--sizes", "0,24"], "whole numbers above 0.* Received: '0,24'"),
        (["--sizes", "24,,32"], "Received: '24,,32'"),
        (["--sizes", "big"], "Received: 'big'"),
        (["--sizes", "24,24"], "one number twice"),
        (["--sizes", "4097"], "above the limit of 4,096"),
        (["--crop-shares", "1.5"], "takes 0 to 1.* Received: '1.5'"),
        (["--crop-shares", "nan"], "Received: 'nan'"),
        (["--crop-shares", "0.9,0.90"], "one number twice"),
        (["--crop-shares", "0.001"], "32,000 pixels on the short side"),
    ],
)
def test_what_cannot_be_meant_is_refused(refused, finished, words, told):
    assert re.search(told, refused("evaluate", "--run", finished.folder, *words))
