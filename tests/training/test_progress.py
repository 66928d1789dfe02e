import contextlib
import csv

import pytest
import tensorflow as tf
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from bit_keras.errors import InputError
from bit_keras.recipes import Recipe
from bit_keras.training.callbacks import LOG_FIELDS, Log, Progress, StopWhenNotFinite

RECIPE = Recipe(resize=8, crop=8, steps=4, batch_size=16)
LOGS = {"loss": 0.5, "accuracy": 0.75, "learning_rate": 0.003}


def test_every_step_is_a_line_of_the_log(tmp_path):
    with contextlib.closing(Log(tmp_path, RECIPE)) as log:
        log.on_train_begin()
        for step in range(3):
            log.on_train_batch_end(step, LOGS)
    with (tmp_path / "log.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["step"] for row in rows] == ["0", "1", "2"]
    assert rows[0]["learning_rate"] == "0.003"
    assert float(rows[2]["images_per_second"]) > 0


def test_every_step_is_a_tensorboard_event(tmp_path):
    with contextlib.closing(Log(tmp_path, RECIPE)) as log:
        log.on_train_begin()
        for step in range(3):
            log.on_train_batch_end(step, {**LOGS, "loss": 2.0 / (step + 1)})
    events = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    assert set(events.Tags()["tensors"]) == {*LOGS, "images_per_second"}
    found = [
        (event.step, float(tf.make_ndarray(event.tensor_proto)))
        for event in events.Tensors("loss")
    ]
    assert found == [(0, 2.0), (1, 1.0), (2, pytest.approx(2 / 3))]


def test_the_events_of_a_run_that_was_broken_off_are_gone(tmp_path):
    for _ in range(2):
        with contextlib.closing(Log(tmp_path, RECIPE)) as log:
            log.on_train_begin()
            log.on_train_batch_end(0, LOGS)
    assert len(list((tmp_path / "tensorboard").iterdir())) == 1


def test_the_rows_are_kept_for_the_report(tmp_path):
    with contextlib.closing(Log(tmp_path, RECIPE)) as log:
        log.on_train_begin()
        log.on_train_batch_end(0, LOGS)
    (row,) = log.rows
    assert {name: row[name] for name in LOGS} == LOGS
    assert row.keys() == set(LOG_FIELDS)


def test_progress_averages_over_the_last_steps(capsys):
    with contextlib.closing(Progress(RECIPE)) as progress:
        for step, loss in enumerate((3.0, 1.0, 2.0, 0.0)):
            progress.on_train_batch_end(step, {**LOGS, "loss": loss})
    assert "loss 1.5000" in capsys.readouterr().err.split("\r")[-1]


def test_progress_shows_step_loss_accuracy_and_rate(capsys):
    with contextlib.closing(Progress(RECIPE)) as progress:
        for step in range(4):
            progress.on_train_batch_end(step, LOGS)
    last = capsys.readouterr().err.split("\r")[-1]
    assert "4/4" in last
    assert "loss 0.5000, accuracy 75.0%, lr 0.003" in last


@pytest.mark.parametrize("loss", [float("nan"), float("inf")])
def test_a_broken_loss_stops_with_step_rate_and_advice(loss):
    words = r"at step 7 with a learning rate of 0\.003: try --set base_lr="
    with pytest.raises(InputError, match=words):
        StopWhenNotFinite().on_train_batch_end(7, {**LOGS, "loss": loss})
