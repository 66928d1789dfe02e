import json
import shutil

import pytest

from bit_keras import weights
from bit_keras.training import open_run


def summary_of(folder):
    return json.loads((folder / "summary.json").read_text("utf-8"))


def test_a_run_is_evaluated_on_its_own_test_images(command, finished, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(finished.folder, run)
    done = command("evaluate", "--run", run)
    assert done.code == 0
    own, again = open_run(run).metrics, summary_of(run / "evaluation")
    assert again["examples"] == own["examples"] == 6
    assert again["loss"] == pytest.approx(own["loss"], abs=1e-5)
    assert again["confusion"] == own["confusion"] == [[2, 0, 0], [0, 2, 0], [0, 0, 2]]
    picture = (run / "evaluation" / "confusion_matrix.png").read_bytes()
    assert picture.startswith(b"\x89PNG")


def test_the_figures_and_every_class_are_printed(command, finished, tmp_path):
    done = command("evaluate", "--run", finished.folder, "--output", tmp_path / "out")
    lines = [line.split() for line in done.out.splitlines()]
    assert ["top-1", "accuracy", "100.00%", "of", "6"] in lines
    for name in ("blue", "green", "red"):
        assert [name, "2", "100.0%", "100.0%", "100.0%"] in lines
    assert (tmp_path / "out" / "summary.json").exists()
    assert not (finished.folder / "evaluation").exists()


def test_another_split_or_data_set_can_be_evaluated(
    command, finished, write_pictures, tmp_path
):
    words = ("evaluate", "--run", finished.folder, "--output", tmp_path / "out")
    assert command(*words, "--split", "train").code == 0
    assert summary_of(tmp_path / "out")["examples"] == 24
    others = write_pictures(tmp_path / "photos", 10)
    for number in range(10):  # what the network sees as green is labelled red
        path = others / "green" / f"{number}.jpg"
        path.replace(others / "red" / path.name)
        shutil.copy(others / "blue" / path.name, path)
    done = command(*words, "--dataset", others, "--split", "train")
    assert done.code == 0
    assert summary_of(tmp_path / "out")["confusion"] == [
        *([8, 0, 0], [8, 0, 0], [0, 8, 0])
    ]


def test_official_weights_are_evaluated_without_a_run(
    command, finished, pictures, tmp_path
):
    run = open_run(finished.folder)
    weights.save(run.network(), tmp_path / "official.npz")
    done = command(
        *("evaluate", "--model", "bit_tiny", "--weights", tmp_path / "official.npz"),
        *("--dataset", pictures, "--crop", "32", "--output", tmp_path / "out"),
    )
    assert done.code == 0
    assert summary_of(tmp_path / "out")["loss"] == pytest.approx(
        run.metrics["loss"], abs=1e-5
    )


def test_a_network_without_a_data_set_is_refused(refused):
    sentence = refused("evaluate", "--model", "BiT-M-R50x1-ILSVRC2012")
    assert sentence == "evaluate takes --run FOLDER, or --model and --dataset."


def test_a_run_on_several_labels_is_evaluated_on_them(
    command, several_labels, tmp_path
):
    done = command("evaluate", "--run", several_labels, "--output", tmp_path / "out")
    assert done.code == 0
    assert "Attention" not in done.err
    lines = [line.split() for line in done.out.splitlines()]
    assert ["mean", "average", "precision", "50.00%", "of", "6"] in lines
    assert ["blue", "2", "33.3%", "100.0%", "33.3%", "50.0%"] in lines
    summary = summary_of(tmp_path / "out")
    assert summary["exact_match"] == pytest.approx(2 / 6)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["summary.json"]


def test_several_labels_of_another_data_set_can_be_evaluated(
    command, several_labels, finished, tmp_path
):
    table = open_run(several_labels).info.typed["dataset"]
    out = ("--output", tmp_path / "out")
    done = command("evaluate", "--run", several_labels, "--dataset", table, *out)
    assert "mean average precision   50.00%  of 6" in done.out
    words = ("evaluate", "--run", finished.folder, "--dataset", table, *out)
    sentence = command(*words, "--multi-label").last_words
    assert "have several labels, but" in sentence
    assert "was trained for one each" in sentence
