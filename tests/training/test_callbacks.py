import contextlib
import csv

import pytest
import tensorflow as tf

from bit_keras.errors import InputError
from bit_keras.recipes import Recipe
from bit_keras.training.callbacks import Log, Progress, StopWhenNotFinite

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
        log.on_train_batch_end(0, LOGS)
    (events,) = (tmp_path / "tensorboard").iterdir()
    content = b"".join(
        record.numpy() for record in tf.data.TFRecordDataset(str(events))
    )
    assert all(name.encode() in content for name in LOGS)


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
