"""What happens around the steps: progress, logs, and a stop when the loss breaks."""

import csv
import math
import shutil
import sys
import time

import keras
import tensorflow as tf
from tqdm import tqdm

from bit_keras.errors import InputError

LOG_FIELDS = ("step", "loss", "accuracy", "learning_rate", "images_per_second")


class Progress(keras.callbacks.Callback):
    """Shows a bar on stderr with the time left, the loss and the accuracy.

    The two figures are averages that forget at the rate of 20 steps. To be closed, for
    `fit` tells no callback that it was broken off.
    """

    def __init__(self, recipe):
        super().__init__()
        self._averages = {}
        # A file keeps every refresh as a line of its own.
        interval = 0.5 if sys.stderr.isatty() else 30
        self._bar = tqdm(
            total=recipe.steps, desc="training", unit="step", mininterval=interval
        )

    def on_train_batch_end(self, batch, logs=None):
        rate = max(1 / 20, 1 / (batch + 1))
        for name in ("loss", "accuracy"):
            last = self._averages.get(name, logs[name])
            self._averages[name] = last + rate * (logs[name] - last)
        self._bar.set_postfix_str(
            f"loss {self._averages['loss']:.4f}, "
            f"accuracy {self._averages['accuracy']:.1%}, "
            f"lr {logs['learning_rate']:.3g}",
            refresh=False,
        )
        self._bar.update()

    def close(self):
        self._bar.close()


class Log(keras.callbacks.Callback):
    """Writes every step to `log.csv` and to TensorBoard events in a run folder.

    To be closed, as `Progress`. Its `rows` are the steps as dicts.
    """

    def __init__(self, folder, recipe):
        super().__init__()
        self.recipe = recipe
        self.rows = []
        self._file = (folder / "log.csv").open("w", newline="", encoding="utf-8")
        self._csv = csv.DictWriter(self._file, LOG_FIELDS)
        self._csv.writeheader()
        # Events of a run that was broken off would be drawn through this one's.
        shutil.rmtree(folder / "tensorboard", ignore_errors=True)
        self._events = tf.summary.create_file_writer(str(folder / "tensorboard"))

    def on_train_begin(self, logs=None):
        self._last = self._flushed = time.monotonic()

    def on_train_batch_end(self, batch, logs=None):
        now = time.monotonic()
        row = {
            "step": batch,
            **{name: float(logs[name]) for name in LOG_FIELDS[1:4]},
            "images_per_second": self.recipe.batch_size / max(now - self._last, 1e-9),
        }
        self._last = now
        self.rows.append(row)
        self._csv.writerow({name: f"{value:.6g}" for name, value in row.items()})
        with self._events.as_default(step=batch):
            for name in LOG_FIELDS[1:]:
                tf.summary.scalar(name, row[name])
        if now - self._flushed > 5:
            self._flushed = now
            self._file.flush()
            self._events.flush()

    def close(self):
        self._file.close()
        self._events.close()


class StopWhenNotFinite(keras.callbacks.Callback):
    """Stops a run whose loss is infinite or not a number.

    Raises:
        InputError: with the step, the learning rate and what to try.
    """

    def on_train_batch_end(self, batch, logs=None):
        if math.isfinite(logs["loss"]):
            return
        raise InputError(
            f"The loss became {logs['loss']} at step {batch} with a learning rate of "
            f"{logs['learning_rate']:.4g}: try --set base_lr= with a tenth of that, a "
            "longer warm-up (warmup_steps), or --precision float32."
        )
