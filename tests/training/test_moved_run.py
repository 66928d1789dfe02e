"""A run that is moved together with its data, or whose data are others by now."""

import pytest

import bit_keras as bk
from bit_keras.errors import InputError
from bit_keras.recipes import parse_assignments
from bit_keras.training import open_run
from bit_keras.training.loop import Loop
from bit_keras.training.tasks import data_of

FIELDS = ("resize=20", "crop=16", "batch_size=8", "steps=1", "warmup_steps=0")


@pytest.fixture
def here(tmp_path, write_pictures, smallest, monkeypatch):
    """A folder with photos/, the working directory."""
    write_pictures(tmp_path / "here" / "photos", 4)
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"


def finetune(dataset="photos", **arguments):
    return bk.finetune(
        dataset,
        model="bit_tiny",
        output="run",
        changes=parse_assignments(FIELDS),
        **arguments,
    )


@pytest.fixture
def begun(here, monkeypatch):
    """There, a run that was interrupted before its first step."""

    def interrupt(self, batches, state):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Loop, "run", interrupt)
        with pytest.raises(KeyboardInterrupt):
            finetune()
    return here


def move(here, monkeypatch):
    moved = here.rename(here.with_name("moved"))
    monkeypatch.chdir(moved)
    return moved


def test_an_interrupted_run_goes_on_where_it_was_moved_with_its_data(
    begun, monkeypatch, capsys
):
    moved = move(begun, monkeypatch)
    run = finetune()
    assert "Going on with the run in run" in capsys.readouterr().out
    assert run.metrics["examples"] == 3
    assert open_run("run").info.typed["dataset"] == str(moved / "photos")


def test_an_interrupted_run_does_not_go_on_with_other_data_elsewhere(
    begun, write_pictures
):
    write_pictures(begun / "others", 5)
    before = (begun / "run" / "run.json").read_text()
    with pytest.raises(InputError) as refused:
        finetune("others")
    told = f"holds a run of other data (dataset was {begun / 'photos'} and is now "
    assert told in str(refused.value)
    assert "remove" not in str(refused.value)
    assert (begun / "run" / "run.json").read_text() == before


def test_a_finished_run_that_was_moved_finds_its_data_again(here, monkeypatch, capsys):
    finetune()
    moved = move(here, monkeypatch)
    finetune()
    assert "This run is finished" in capsys.readouterr().out
    assert data_of(open_run("run")).parts["test"].count == 3
    assert open_run("run").info.typed["dataset"] == str(moved / "photos")


def test_a_finished_run_is_none_of_other_data_elsewhere(here, write_pictures, capsys):
    finetune()
    write_pictures(here / "others", 5)
    with pytest.raises(InputError, match="holds a run of other data"):
        finetune("others")
    assert "This run is finished" not in capsys.readouterr().out
