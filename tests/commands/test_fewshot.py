import json
import re
import shutil

import numpy as np
import pytest

from bit_keras.training import open_run


@pytest.fixture(scope="module")
def photos(write_pictures, tmp_path_factory):
    """12 new pictures of each class, and two of each to test on."""
    folder = tmp_path_factory.mktemp("few") / "photos"
    # In another order, they are not those that the run was trained on.
    write_pictures(folder, 14, names=("red", "blue", "green"))
    for name in ("blue", "green", "red"):
        for part in ("train", "test"):
            (folder / part / name).mkdir(parents=True)
        for number in range(14):
            part = "test" if number < 2 else "train"
            file = folder / name / f"{number}.jpg"
            file.rename(folder / part / name / file.name)
        (folder / name).rmdir()
    return folder


def rows_of(printed):
    lines = printed.partition("highest\n")[2].splitlines()
    return [line.split() for line in lines if re.match(r" *\d", line)]


@pytest.fixture(scope="module")
def looked(command, finished, photos, tmp_path_factory):
    """A look at few and at twice as many, with a run folder left."""
    folder = tmp_path_factory.mktemp("looked")
    done = command(
        *("fewshot", "--dataset", photos, "--model", finished.folder, "--crop", "32"),
        *("--shots", "5", "1", "40", "--seeds", "3", "--curve"),
        *("--output", folder / "out", "--save", folder / "run"),
    )
    return done, folder


def test_a_line_for_each_number_of_shots_with_mean_and_range(looked):
    done, folder = looked
    assert done.code == 0
    assert [row[:2] for row in rows_of(done.out)] == [
        ["1", "3"],
        ["5", "15"],
        ["40", "36"],
    ]
    figures = json.loads((folder / "out" / "few_shot.json").read_text("utf-8"))
    for row, kept in zip(rows_of(done.out), figures["shots"], strict=True):
        each = np.array(kept["accuracies"])
        assert len(each) == 3
        assert row[2] == f"{each.mean():.2%}"
        assert row[-2:] == [f"{each.min():.2%}", f"{each.max():.2%}"]
    # The classes are colours: few images are enough.
    assert figures["shots"][1]["accuracies"] == [1, 1, 1]


def test_classes_with_fewer_images_are_told(looked):
    assert (
        "40 of each class: 3 of 3 classes have fewer ('blue' has 12)" in looked[0].out
    )
    assert "5 of each class" not in looked[0].out


def test_the_curve_is_drawn_and_twice_as_many_told(looked):
    done, folder = looked
    assert (folder / "out" / "few_shot.png").read_bytes().startswith(b"\x89PNG")
    assert "With all 36 training images it is 100.00% (61.0 to 100.0)." in done.out
    assert re.search(r"Twice as many would bring 100\.0% \(\d.* to 100\.0\)", done.out)


def test_the_run_folder_that_is_left_is_of_all_images(looked, command, photos):
    run = open_run(looked[1] / "run")
    assert run.recipe.name == "quick"
    assert run.recipe.crop == 32
    assert "36 train, 6 test" in run.info.data
    photo = photos / "test" / "red" / "0.jpg"
    done = command("predict", photo, "--run", run.folder)
    assert done.out.split()[1] == "red"


@pytest.mark.parametrize("flag", ["--run", "--model"])
def test_what_a_run_was_trained_on_is_told(command, finished, pictures, tmp_path, flag):
    done = command(
        *("fewshot", "--dataset", pictures, flag, finished.folder),
        *("--shots", "2", "--seeds", "1", "--output", tmp_path),
    )
    assert done.code == 0
    assert "was trained on 24 of these 24 training images" in done.out
    assert "(6 test images" in done.out


def test_what_a_run_was_trained_on_is_no_test(command, finished, pictures, tmp_path):
    for part in ("train", "test"):
        shutil.copytree(pictures, tmp_path / "photos" / part)
    done = command(
        *("fewshot", "--dataset", tmp_path / "photos", "--run", finished.folder),
        *("--shots", "2", "--seeds", "1", "--output", tmp_path / "out"),
    )
    assert "trained on them: 24 of 30 images." in done.out
    assert "(6 test images" in done.out


def test_figures_of_a_run_lie_in_its_folder(command, finished, photos, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(finished.folder, run)
    words = ("--shots", "2", "--seeds", "1", "--l2", "1", "1024")
    done = command("fewshot", "--dataset", photos, "--run", run, *words)
    assert done.code == 0
    assert [path.name for path in (run / "fewshot").iterdir()] == ["few_shot.json"]


def test_fine_tuning_draws_every_run_and_tells_the_median(
    command, finished, photos, tmp_path
):
    done = command(
        *("fewshot", "--dataset", photos, "--model", finished.folder),
        *("--by", "finetune", "--shots", "1", "--seeds", "2", "--steps", "1"),
        *("--set", "resize=36", "crop=32", "batch_size=3"),
        *("--output", tmp_path / "out"),
    )
    assert done.code == 0
    assert "median" in done.out
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        *("1-shot-seed-0", "1-shot-seed-1", "few_shot.json", "few_shot.png"),
    }
    assert "1-shot-seed-1" in command("runs", tmp_path / "out").out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--shots", "0"], "Shots must be whole numbers from 1."),
        (["--seeds", "0"], "There must be at least one seed."),
        (["--l2", "-1"], "l2 must be above 0."),
        (["--crop", "0"], "--crop must be above 0."),
        (["--curve", "--seeds", "1"], "A curve needs two seeds at least"),
        (["--steps", "5"], "--steps does not go with --by closed-form; leave it out."),
        (["--by", "finetune", "--save", "r"], "--save does not go with --by finetune"),
        (["--by", "finetune", "--model", "x"], "Give either --run FOLDER, or --model"),
        (["--weights", "no.npz"], "Give either --run FOLDER, or --model NAME and"),
        (["--shotz", "5"], "'fewshot' does not know --shotz. Did you mean '--shots'"),
    ],
)
def test_wrong_words_are_refused(refused, finished, photos, words, told):
    assert told in refused(
        "fewshot", "--dataset", photos, "--run", finished.folder, *words
    )


def test_data_and_network_must_be_named(refused, photos):
    assert refused("fewshot") == (
        "fewshot needs --dataset; `datasets` says what it takes."
    )
    told = refused("fewshot", "--dataset", photos)
    assert told == "Give either --run FOLDER, or --model NAME (and --weights)."


def test_images_with_several_labels_are_refused(refused, finished, tmp_path):
    generator = np.random.default_rng(0)
    pixels = generator.integers(0, 256, (8, 24, 24, 3)).astype("uint8")
    np.savez(tmp_path / "set.npz", x_train=pixels, y_train=np.eye(8, 3, dtype="int8"))
    told = refused(
        *("fewshot", "--dataset", tmp_path / "set.npz", "--run", finished.folder),
    )
    assert "label" in told
