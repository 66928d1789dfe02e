import json
import pathlib
import shutil

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image, ImageOps

from bit_keras import weights
from bit_keras.data.images import decode
from bit_keras.training import open_run
from bit_keras.training.tasks import data_of


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
    first = ["top-1", "accuracy", "100.00%", "(61.0", "to", "100.0)", "of", "6;"]
    assert first in [line[:8] for line in lines]
    for name in ("blue", "green", "red"):
        assert [name, "2", "100.0%", "100.0%", "100.0%"] in lines
    assert (tmp_path / "out" / "summary.json").exists()
    assert not (finished.folder / "evaluation").exists()


@pytest.fixture
def new_pictures(write_pictures, tmp_path):
    """Four pictures of each colour that no run was trained on, mirrored ones."""
    folder = write_pictures(tmp_path / "photos", 4)
    for path in folder.glob("*/*.jpg"):
        ImageOps.mirror(Image.open(path)).save(path)
    return folder


@pytest.fixture
def evaluated(command, finished, tmp_path):
    """Gives a function: data set, and words -> (`Done`, summary) of its evaluation."""

    def run(dataset, *words):
        out = tmp_path / "out"
        words = ("--dataset", dataset, "--output", out, *words)
        done = command("evaluate", "--run", finished.folder, *words)
        assert done.code == 0, done.err
        return done, summary_of(out)

    return run


def test_another_split_can_be_evaluated(command, finished, tmp_path):
    words = ("evaluate", "--run", finished.folder, "--output", tmp_path / "out")
    assert command(*words, "--split", "train").code == 0
    assert summary_of(tmp_path / "out")["examples"] == 24


def test_all_of_new_photographs_are_evaluated(evaluated, new_pictures):
    for number in range(4):  # what the network sees as green is labelled red
        path = new_pictures / "green" / f"{number}.jpg"
        path.replace(new_pictures / "red" / f"green{number}.jpg")
        shutil.copy(new_pictures / "blue" / path.name, path)
    done, summary = evaluated(new_pictures)
    assert summary["confusion"] == [[4, 0, 0], [4, 0, 0], [0, 4, 4]]
    assert "Left out" not in done.out
    assert "Attention" not in done.err


def test_new_photographs_below_test_alone_are_evaluated(evaluated, new_pictures):
    inner = shutil.move(new_pictures, new_pictures.parent / "test")
    new_pictures.mkdir()
    shutil.move(inner, new_pictures)
    assert evaluated(new_pictures)[1]["examples"] == 12


@pytest.mark.parametrize("split", ["test", "val", "train"])
def test_rows_of_one_split_in_a_csv_are_all_evaluated(evaluated, new_pictures, split):
    table = new_pictures.parent / "new.csv"
    lines = [
        f"{path.relative_to(table.parent)},{path.parent.name},{split}\n"
        for path in sorted(new_pictures.glob("*/*.jpg"))
    ]
    table.write_text("path,label,split\n" + "".join(lines))
    assert evaluated(table)[1]["examples"] == 12


def test_a_test_part_is_evaluated_alone(evaluated, new_pictures):
    for split in ("train", "test"):
        (new_pictures / split).mkdir()
    for name in ("blue", "green", "red"):
        for split, number in (("train", 0), ("test", 1)):
            path = new_pictures / name / f"{number}.jpg"
            (new_pictures / split / name).mkdir()
            path.rename(new_pictures / split / name / path.name)
        shutil.rmtree(new_pictures / name)
    assert evaluated(new_pictures)[1]["examples"] == 3


def test_images_that_the_run_was_trained_on_are_left_out_and_counted(
    evaluated, new_pictures, pictures
):
    # 24 of these 30 were trained on, whatever the name.
    for path in pictures.glob("*/[0-9].jpg"):
        shutil.copy(path, new_pictures / "blue" / f"{path.parent.name}{path.name}")
    done, summary = evaluated(new_pictures)
    assert summary["examples"] == 12 + 6
    sentence = "Left out, because the run was trained on them: 24 of 42 images."
    assert sentence in done.out


def test_pixels_of_an_npz_are_compared_with_files(evaluated, pictures, tmp_path):
    files = sorted(pictures.glob("*/[0-9].jpg"))
    images = np.stack([decode(tf.io.read_file(str(path))) for path in files])
    names = np.array([path.parent.name for path in files])
    np.savez(tmp_path / "new.npz", x_test=images, y_test=names)
    done, summary = evaluated(tmp_path / "new.npz")
    assert summary["examples"] == 6
    assert "24 of 30 images" in done.out


def test_nothing_is_left_to_test_where_the_run_was_trained_on_all(
    refused, finished, tmp_path
):
    run = open_run(finished.folder)
    trained = data_of(run).part("train").paths
    for path in map(pathlib.Path, trained):
        copy = tmp_path / "photos" / path.parent.name / path.name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    sentence = refused(
        "evaluate", "--run", run.folder, "--dataset", tmp_path / "photos"
    )
    assert "trained on all of these 24 images" in sentence


def test_images_are_known_again_though_the_data_of_the_run_are_gone(
    command, finished, pictures, tmp_path
):
    run = open_run(shutil.copytree(finished.folder, tmp_path / "run"))
    info = json.loads((run.folder / "run.json").read_text())
    info["typed"]["dataset"] = str(tmp_path / "gone")
    run.write("run.json", info)
    done = command("evaluate", "--run", run.folder, "--dataset", pictures)
    assert "trained on them: 24 of 30 images" in done.out
    assert "Attention" not in done.err


@pytest.mark.parametrize("classes", [["red"], ["green", "red"]])
def test_new_photographs_need_not_have_all_classes(evaluated, new_pictures, classes):
    for name in {"blue", "green", "red"} - set(classes):
        shutil.rmtree(new_pictures / name)
    _, summary = evaluated(new_pictures)
    assert summary["top1"] == 1
    rows = {row["name"]: row["examples"] for row in summary["per_class"]}
    assert rows == {"blue": 0, "green": 0, "red": 0} | dict.fromkeys(classes, 4)


def test_classes_that_the_run_does_not_know_are_refused_by_name(
    refused, finished, new_pictures
):
    (new_pictures / "green").rename(new_pictures / "gren")
    words = ("--run", finished.folder, "--dataset", new_pictures)
    sentence = refused("evaluate", *words)
    assert "classes that the network does not know: 'gren'." in sentence
    assert "Did you mean 'green'?" in sentence


def test_official_weights_are_evaluated_without_a_run(
    command, evaluated, finished, new_pictures, tmp_path
):
    run = open_run(finished.folder)
    weights.save(run.network(), tmp_path / "official.npz")
    done = command(
        *("evaluate", "--model", "bit_tiny", "--weights", tmp_path / "official.npz"),
        *("--dataset", new_pictures, "--crop", "32", "--output", tmp_path / "official"),
    )
    assert done.code == 0
    own = evaluated(new_pictures)[1]
    assert summary_of(tmp_path / "official")["loss"] == pytest.approx(
        own["loss"], abs=1e-5
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
    # The only training image is among those to be tested, too.
    assert "1 of 6 images" in done.out
    assert summary_of(tmp_path / "out")["examples"] == 5
    words = ("evaluate", "--run", finished.folder, "--dataset", table, *out)
    sentence = command(*words, "--multi-label").last_words
    assert "have several labels, but" in sentence
    assert "was trained for one each" in sentence
