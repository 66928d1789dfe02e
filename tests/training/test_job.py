import csv
import math

import pytest

from bit_keras.errors import InputError
from bit_keras.training import job
from bit_keras.training.loop import Loop


def test_a_loss_that_is_not_finite_ends_the_run(digits, tmp_path):
    with pytest.raises(InputError, match="with a learning rate of 1e[+]30: try"):
        digits("run", "base_lr=1e30")
    names = {path.name for path in (tmp_path / "run").iterdir()}
    assert not names & {"model.keras", "metrics.json", "report.html"}
    with (tmp_path / "run" / "log.csv").open(newline="") as file:
        losses = [float(row["loss"]) for row in csv.DictReader(file)]
    assert not math.isfinite(losses[-1])
    assert all(math.isfinite(loss) for loss in losses[:-1])


def test_a_finished_run_is_complete(digits):
    run = digits("run")
    assert run.metrics["examples"] == 359
    assert 0 <= run.metrics["top1"] <= run.metrics["top5"] <= 1
    assert run.info.class_names == tuple("0123456789")
    page = (run.folder / "report.html").read_text("utf-8")
    assert "bit_tiny" in page
    assert not (run.folder / "checkpoints").exists()


def test_a_finished_run_says_so_and_does_nothing(digits, capsys, monkeypatch):
    run = digits("run")
    before = {path: path.stat().st_mtime_ns for path in run.folder.rglob("*")}
    monkeypatch.setattr(Loop, "run", None)
    assert digits("run").metrics == run.metrics
    assert "This run is finished: top-1 accuracy" in capsys.readouterr().out
    del before[run.folder / ".lock"]
    for path, time in before.items():
        assert path.stat().st_mtime_ns == time


@pytest.fixture
def begun(digits, monkeypatch):
    """A run that was interrupted before its first step."""

    def interrupt(self, batches, state):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Loop, "run", interrupt)
        with pytest.raises(KeyboardInterrupt):
            digits("run")
    return digits


def test_a_run_that_was_begun_is_ended_by_the_same_call(begun, capsys):
    assert begun("run").metrics["examples"] == 359
    assert "Going on with the run in" in capsys.readouterr().out


def test_a_run_whose_data_changed_does_not_go_on(begun, tmp_path):
    listing = tmp_path / "run" / "data.csv"
    listing.write_text(listing.read_text().replace("row 3,", "row 2000,"))
    with pytest.raises(InputError, match="have changed since .* 'row 2000'"):
        begun("run")


def test_a_worker_that_finds_other_checkpoints_is_told(digits, monkeypatch):
    monkeypatch.setattr(
        job, "told_by_chief", lambda strategy, text: "7" if text == "0" else text
    )
    with pytest.raises(InputError, match="on a disk that all machines share"):
        digits("run")
