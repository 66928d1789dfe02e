import dataclasses
import shutil
import subprocess
import sys

import pytest

from bit_keras.training import open_run


@pytest.fixture
def runs(finished, tmp_path):
    """Two finished runs of other learning rates, a nested one that did not end."""
    folder = tmp_path / "runs"
    for name, accuracy in (("a", 0.5), ("b", 0.75), ("deep/c", None)):
        copy = open_run(shutil.copytree(finished.folder, folder / name))
        if accuracy is None:
            (copy.folder / "metrics.json").unlink()
        else:
            copy.write("metrics.json", copy.metrics | {"top1": accuracy})
    recipe = dataclasses.replace(copy.recipe, base_lr=0.125, steps=8)
    copy.write("recipe.json", recipe.to_json())
    return folder


def test_runs_are_listed_the_best_first_and_the_unfinished_last(command, runs):
    done = command("runs", runs)
    assert done.code == 0
    lines = done.out.splitlines()[1:]
    assert [line.split()[0] for line in lines] == [
        str(runs / name) for name in ("b", "a", "deep/c")
    ]
    assert "75.00% (30.0 to 90.3) top-1 accuracy" in lines[0]
    assert "not finished: step 6 of 8" in lines[2]


def test_only_recipe_fields_that_differ_are_shown(command, runs):
    lines = command("runs", runs).out.splitlines()[1:]
    assert lines[0].endswith("steps=6 base_lr=0.01")
    assert lines[2].endswith("steps=8 base_lr=0.125")


def test_linked_run_folders_are_listed_and_links_that_lead_back_are_not(
    command, runs, tmp_path
):
    (tmp_path / "few").mkdir()
    (tmp_path / "few" / "best").symlink_to(runs / "b")
    (tmp_path / "few" / "again").symlink_to(tmp_path / "few")
    (tmp_path / "few" / "up").symlink_to(tmp_path)
    (_, line) = command("runs", tmp_path / "few").out.splitlines()
    assert line.split()[0] == str(tmp_path / "few" / "best")


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", "null"])
@pytest.mark.parametrize("name", ["run.json", "recipe.json"])
def test_a_damaged_run_is_named_and_the_others_are_listed(command, runs, name, content):
    (runs / "a" / name).write_text(content)
    done = command("runs", runs)
    assert done.code == 0
    assert len(done.out.splitlines()) == 3
    assert done.err.startswith(f"Left out: '{runs / 'a'}")


@pytest.mark.parametrize("content", ["[1]", '{"top1": "x"}', "{"])
def test_damaged_figures_are_named(command, runs, content):
    (runs / "a" / "metrics.json").write_text(content)
    assert command("runs", runs).err.startswith(f"Left out: '{runs / 'a'}")


def test_a_folder_without_runs_is_refused(refused, tmp_path):
    assert "holds no runs" in refused("runs", tmp_path)
    assert "There is no folder" in refused("runs", tmp_path / "none")


def test_runs_imports_no_tensorflow(runs):
    code = (
        "import sys; from bit_keras.commands import main; "
        f"main(['runs', {str(runs)!r}]); assert 'tensorflow' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
