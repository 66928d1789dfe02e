import csv
import shutil

import pytest

from bit_keras.training import open_run


def test_what_was_decided_is_printed_once_before_training(finished):
    before, _, _ = finished.printed.partition("bit_tiny: from scratch")
    shown = [line.split()[:2] for line in before.splitlines() if line[:4] == " " * 4]
    expected = open_run(finished.folder).recipe.as_texts()
    assert len({name for name, _ in shown}) == len(shown)
    assert all(expected[name] == text for name, text in shown if text != "(rule:")
    assert ["base_lr", "0.01"] in shown
    assert ["warmup_steps", "1"] in shown
    assert ["crop", "32"] in shown


def test_what_differs_from_the_rule_is_marked(finished):
    marked = [
        line.split()[0] for line in finished.printed.splitlines() if "(rule" in line
    ]
    assert marked == [
        *("batch_size", "steps", "base_lr", "decay_at", "warmup_steps"),
        *("resize", "crop"),
    ]
    assert "    steps              6   (rule: 500)\n" in finished.printed


def test_files_left_out_are_named_with_their_reason(finished, pictures):
    empty, page = pictures / "blue" / "empty.jpg", pictures / "red" / "page.jpg"
    assert "Left out, because they cannot be read (2):" in finished.printed
    assert f"  {empty}: empty file\n" in finished.printed
    with (finished.folder / "bad_images.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["file", "reason"]
    assert [row[0] for row in rows[1:]] == [str(empty), str(page)]
    assert "not an image" in rows[2][1]


def test_what_was_decided_for_the_user_is_told(finished):
    assert "24 train, 6 test images of 3 classes, typically 30 x 24" in finished.printed
    assert (
        "No test split was given: 6 of 30 images, 20% of every class, are held out "
        "(seed 0)." in finished.printed
    )


def test_the_run_folder_is_complete(finished):
    names = {path.name for path in finished.folder.iterdir() if path.name[0] != "."}
    assert names == {
        *("run.json", "recipe.json", "model.keras", "metrics.json", "log.csv"),
        *("tensorboard", "data.csv", "bad_images.csv", "report.html"),
    }


def test_no_part_of_a_file_is_left(finished):
    assert not list(finished.folder.glob(".part*"))


def test_plain_colours_are_learned(finished):
    assert open_run(finished.folder).metrics["top1"] == 1
    assert "Test accuracy: 100.00% (61.0 to 100.0)\n(6 images, " in finished.printed


def test_the_commands_that_go_on_from_here_are_told(finished):
    for name in ("evaluate", "predict", "embed"):
        assert f"  bit-keras {name} --run {finished.folder}" in finished.printed


def test_a_finished_run_does_nothing_a_second_time(command, finished):
    files = [path for path in finished.folder.rglob("*") if path.is_file()]
    before = {path: path.stat().st_mtime_ns for path in files if path.name != ".lock"}
    done = command(*finished.arguments)
    assert done.code == 0
    assert "This run is finished: top-1 accuracy 100.00% (61.0 to 100.0)." in done.out
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_a_run_folder_may_be_copied(command, finished, tmp_path):
    shutil.copytree(finished.folder, tmp_path / "copy")
    done = command(*finished.arguments, "--output", tmp_path / "copy")
    assert done.code == 0
    assert "This run is finished" in done.out


@pytest.mark.parametrize("file", ["recipe.json", "run.json", "metrics.json"])
def test_every_record_can_be_read_by_other_programs(finished, file):
    text = (finished.folder / file).read_text("utf-8")
    assert text.startswith("{")
    assert "NaN" not in text


def test_quick_leaves_a_folder_that_every_command_takes(
    command, finished, pictures, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    words = ("--dataset", pictures, "--model", finished.folder, "--quick")
    done = command("finetune", *words, "--set", "crop=32", "resize=32")
    assert done.code == 0
    assert "which is no test: each of the 24 training images, at 32 px" in done.out
    folder = f"runs/{pictures.name}-{finished.folder.name}-quick"
    assert f"predict --run {folder}" in done.out
    photo = next(pictures.rglob("*.jpg"))
    assert command("predict", photo, "--run", folder).code == 0
    assert command("evaluate", "--run", folder).code == 0
    assert "without training" in done.out
    assert folder in command("runs").out


def test_quick_is_a_recipe_of_its_own(refused, pictures, finished):
    told = refused(
        *("finetune", "--dataset", pictures, "--model", finished.folder),
        *("--quick", "--recipe", "bit_hyperrule"),
    )
    assert told == "--quick is a recipe of its own; leave out --recipe."
