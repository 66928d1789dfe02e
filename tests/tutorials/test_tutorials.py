"""The tutorials: scripts, the notebooks that are made of them, and what they claim."""

import ast
import os
import pathlib
import subprocess
import sys

import jupytext
import nbformat
import pytest

ROOT = pathlib.Path(__file__).parents[2]
SCRIPTS = sorted((ROOT / "tutorials").glob("*.py"))
every_tutorial = pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)


def cells_of(notebook):
    """Gives what of the cells is not drawn at random at each conversion."""
    return [(cell.cell_type, cell.source, cell.metadata) for cell in notebook.cells]


def committed(script):
    return nbformat.read(script.with_suffix(".ipynb"), as_version=4)


def require_success(script, folder):
    """Runs a tutorial in an empty folder, as a user without a display does."""
    done = subprocess.run(
        [sys.executable, script],
        cwd=folder,
        env={**os.environ, "MPLBACKEND": "Agg", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert not list(folder.iterdir())


def test_there_are_five():
    assert [path.stem for path in SCRIPTS] == [
        "01_five_minutes",
        "02_your_own_folder",
        "03_a_keras_model",
        "04_few_photographs",
        "05_what_it_looked_at",
    ]


@every_tutorial
def test_the_notebook_equals_the_script(script):
    made = jupytext.reads(jupytext.writes(jupytext.read(script), "ipynb"), "ipynb")
    notebook = committed(script)
    assert cells_of(notebook) == cells_of(made)
    assert notebook.metadata == made.metadata


@every_tutorial
def test_the_notebook_is_committed_without_outputs(script):
    code = [cell for cell in committed(script).cells if cell.cell_type == "code"]
    assert not any(cell.outputs or cell.execution_count for cell in code)


@every_tutorial
def test_it_has_13_to_26_cells(script):
    assert 13 <= len(jupytext.read(script).cells) <= 26


@every_tutorial
def test_it_opens_with_what_one_will_have_how_long_it_takes_and_what_it_needs(script):
    opening = jupytext.read(script).cells[0].source
    for words in ("# ", "**You will have**", "**It takes**", "**It needs**"):
        assert words in opening
    assert "on two cores" in opening


@every_tutorial
def test_one_line_is_to_change_for_data_of_ones_own(script):
    lines = script.read_text("utf-8").splitlines()
    assert sum("  # your own: " in line for line in lines) == 1


@every_tutorial
def test_it_ends_with_its_claim(script):
    last = jupytext.read(script).cells[-1].source
    assert any(isinstance(line, ast.Assert) for line in ast.parse(last).body)


@every_tutorial
def test_readme_links_to_it(script):
    link = f"(tutorials/{script.stem}.ipynb)"
    assert link in (ROOT / "README.md").read_text("utf-8")


def test_the_first_runs_as_a_script_and_leaves_nothing_behind(tmp_path):
    require_success(SCRIPTS[0], tmp_path)


@pytest.mark.slow
@every_tutorial
def test_every_one_runs_as_a_script_and_leaves_nothing_behind(script, tmp_path):
    require_success(script, tmp_path)
