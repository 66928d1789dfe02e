import contextlib
import csv
import resource
import types

import pytest
import tensorflow as tf
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from bit_keras.errors import InputError
from bit_keras.training.evaluations import read_evaluations
from bit_keras.training.progress import LOG_FIELDS, Log, Progress, read_log

ROW = {
    "step": 0,
    "loss": 0.5,
    "accuracy": 0.75,
    "learning_rate": 0.003,
    "images_per_second": 64.0,
    "data_wait": 0.25,
}

FIGURES = ("accuracy",)


def rows(count, **changes):
    return [{**ROW, **changes, "step": step} for step in range(count)]


def logged(folder, rows, start=0):
    with contextlib.closing(Log(folder, start, FIGURES)) as log:
        for row in rows:
            log.add(row)


def shown(rows, capsys, **arguments):
    with contextlib.closing(Progress(4, figures=FIGURES, **arguments)) as progress:
        for row in rows:
            progress.add(row)
    return capsys.readouterr().err.split("\r")[-1]


def test_every_step_is_a_line_of_the_log(tmp_path):
    logged(tmp_path, rows(3))
    with (tmp_path / "log.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert [line["step"] for line in lines] == ["0", "1", "2"]
    assert lines[0]["learning_rate"] == "0.003"


def test_every_step_is_a_tensorboard_event(tmp_path):
    logged(tmp_path, [{**row, "loss": 2.0 / (row["step"] + 1)} for row in rows(3)])
    events = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    assert set(events.Tags()["tensors"]) == {*LOG_FIELDS[1:], *FIGURES}
    found = [
        (event.step, float(tf.make_ndarray(event.tensor_proto)))
        for event in events.Tensors("loss")
    ]
    assert found == [(0, 2.0), (1, 1.0), (2, pytest.approx(2 / 3))]


def test_figures_of_an_evaluation_are_events(tmp_path):
    with contextlib.closing(Log(tmp_path, figures=FIGURES)) as log:
        log.add_evaluation(20, {"top1": 0.5, "examples": 3, "per_class": []})
    events = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    (event,) = events.Tensors("evaluation/top1")
    assert event.step == 20


def test_a_log_is_read_back(tmp_path):
    logged(tmp_path, rows(2))
    assert read_log(tmp_path) == rows(2)


def test_a_run_without_a_log_has_no_rows(tmp_path):
    assert read_log(tmp_path) == []


def test_a_log_that_goes_on_has_every_step_once(tmp_path):
    logged(tmp_path, rows(5, loss=1.0))
    logged(tmp_path, rows(5)[3:], start=3)
    assert [row["step"] for row in read_log(tmp_path)] == [0, 1, 2, 3, 4]
    assert [row["loss"] for row in read_log(tmp_path)] == [1, 1, 1, 0.5, 0.5]


def test_a_line_that_was_cut_off_is_left_out(tmp_path):
    logged(tmp_path, rows(2))
    with (tmp_path / "log.csv").open("a") as file:
        file.write("2,0.5,0.7")
    assert [row["step"] for row in read_log(tmp_path)] == [0, 1]


def test_a_line_that_is_no_line_of_a_log_is_left_out(tmp_path):
    logged(tmp_path, rows(2))
    with (tmp_path / "log.csv").open("ab") as file:
        file.write(b"oops,1,1,1,1,1\n2,1,1,1,1,1,1,1,1\n\0\xff\n")
    assert [row["step"] for row in read_log(tmp_path)] == [0, 1, 2]


def test_the_steps_of_long_runs_are_exact(tmp_path):
    logged(tmp_path, [{**ROW, "step": 1234567}])
    assert read_log(tmp_path)[0]["step"] == 1234567


def test_a_full_disk_is_told(tmp_path):
    with contextlib.closing(Log(tmp_path, figures=FIGURES)) as log:
        log.add(ROW)
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (10, before[1]))
        try:
            with pytest.raises(InputError, match="log.csv' cannot be written: "):
                log.flush()
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_progress_averages_over_the_last_steps(capsys):
    losses = [{**ROW, "loss": loss} for loss in (3.0, 1.0, 2.0, 0.0)]
    assert "loss 1.5000" in shown(losses, capsys)


def test_progress_shows_step_loss_accuracy_rate_and_waiting(capsys):
    last = shown(rows(4), capsys)
    assert "4/4" in last
    assert "loss 0.5000, accuracy 75.0%, lr 0.003, waiting for data 25%" in last


def test_progress_counts_the_steps_made_before(capsys):
    assert "3/4" in shown(rows(1), capsys, start=2)


def test_progress_tells_an_evaluation(capsys):
    with contextlib.closing(Progress(4, figures=FIGURES)) as progress:
        progress.add_evaluation(2, {"top1": 0.5, "examples": 4})
    told = capsys.readouterr()
    assert "step 2: top-1 accuracy 50.00% (15.0 to 85.0) on" in told.out + told.err


def test_progress_is_at_its_end_where_no_time_is_left(capsys):
    assert "2/2" in shown(rows(2), capsys, limit=types.SimpleNamespace(left=0.0))


def test_progress_expects_no_more_steps_than_the_run_has(capsys):
    assert "2/4" in shown(rows(2), capsys, limit=types.SimpleNamespace(left=1e9))


def test_evaluations_are_kept_with_the_log(tmp_path):
    with contextlib.closing(Log(tmp_path, figures=FIGURES)) as log:
        log.add_evaluation(20, {"top1": 0.5, "examples": 3})
    assert read_evaluations(tmp_path) == [{"step": 20, "top1": 0.5, "examples": 3}]
