"""What is told and kept of the steps: a bar, a table and TensorBoard events."""

import contextlib
import csv
import io
import sys
import time

import tensorflow as tf
from tensorboard.summary import Writer
from tqdm import tqdm

from bit_keras import files
from bit_keras.errors import InputError
from bit_keras.evaluation.figures import headline, written
from bit_keras.training import evaluations
from bit_keras.training.rows import read_rows

# What a row of the log has beside the figures of the objective.
LOG_FIELDS = ("step", "loss", "learning_rate", "images_per_second", "data_wait")


class Progress:
    """A bar on stderr: time left, loss, figures, and the share of waiting for data.

    These figures are averages that forget at the rate of 20 steps.

    Args:
        steps: of the whole run.
        start: steps that were made before.
        figures: names of what the objective logs, such as "accuracy".
        limit: `TimeLimit`, or None where the steps end the run.
    """

    def __init__(self, steps, start=0, figures=(), limit=None):
        self._figures = figures
        self._averages = {}
        self._steps, self._limit, self._began = steps, limit, time.monotonic()
        self._count = 0
        # A file keeps every refresh as a line of its own.
        interval = 0.5 if sys.stderr.isatty() else 30
        self._bar = tqdm(
            total=steps,
            initial=start,
            desc="training",
            unit="step",
            mininterval=interval,
        )

    def add(self, row):
        """Takes a row of the log."""
        self._count += 1
        rate = max(1 / 20, 1 / self._count)
        for name in ("loss", *self._figures, "data_wait"):
            last = self._averages.get(name, row[name])
            self._averages[name] = last + rate * (row[name] - last)
        told = [f"loss {self._averages['loss']:.4f}"]
        for name in self._figures:
            digits = ".1%" if name.endswith("accuracy") else ".4f"
            told.append(f"{name} {self._averages[name]:{digits}}")
        told.append(f"lr {row['learning_rate']:.3g}")
        told.append(f"waiting for data {self._averages['data_wait']:.0%}")
        self._bar.set_postfix_str(", ".join(told), refresh=False)
        if self._limit is not None:
            speed = self._count / max(time.monotonic() - self._began, 1e-9)
            more = 1 + int(max(0, self._limit.left) * speed)
            self._bar.total = min(self._steps, self._bar.n + more)
        self._bar.update()

    def add_evaluation(self, step, summary):
        """Takes the figures of an evaluation after `step` steps."""
        name, _ = headline(summary)
        told = f"{name} {written(summary)[name]} on held-out images"
        self._bar.write(f"step {step:,}: {told}")

    def flush(self):
        """Nothing waits to be written."""

    def close(self):
        self._bar.close()


class Log:
    """Keeps every step in `log.csv` and in TensorBoard events in a run folder.

    Args:
        folder: path.
        start: zero-based first step; what the log has from there on is dropped,
            because those steps are made again.
        figures: names of what the objective logs, such as "accuracy".
    """

    def __init__(self, folder, start=0, figures=()):
        self._folder = folder
        self._names = (*LOG_FIELDS[:2], *figures, *LOG_FIELDS[2:])
        rows = [row for row in read_log(folder) if row["step"] < start]
        kept = io.StringIO(newline="")
        table = csv.DictWriter(kept, self._names)
        table.writeheader()
        table.writerows(map(_texts, rows))
        files.write(folder / "log.csv", kept.getvalue())
        self._file = (folder / "log.csv").open("a", newline="", encoding="utf-8")
        self._csv = csv.DictWriter(self._file, self._names)
        # A seventh of the time that TensorFlow's own writer takes.
        self._events = Writer(str(folder / "tensorboard"))
        self._flushed = time.monotonic()

    def add(self, row):
        """Takes a dict of `LOG_FIELDS` and the figures."""
        self._csv.writerow(_texts(row))
        for name in self._names[1:]:
            self._events.add_scalar(name, row[name], row["step"])
        if time.monotonic() - self._flushed > 5:
            self.flush()

    def add_evaluation(self, step, summary):
        """Takes the figures of an evaluation after `step` steps."""
        evaluations.add_evaluation(self._folder, step, summary)
        for name, value in summary.items():
            if isinstance(value, float):
                self._events.add_scalar(f"evaluation/{name}", value, step)

    def flush(self):
        """Writes what waits to be written.

        Raises:
            InputError: if the disk does not take it.
        """
        self._flushed = time.monotonic()
        try:
            self._file.flush()
            self._events.flush()
        except (OSError, tf.errors.OpError) as error:
            reason = getattr(error, "strerror", None) or error
            raise InputError(
                f"The log '{self._file.name}' cannot be written: {reason}."
            ) from error

    def close(self):
        # What cannot be written any more was told by the last `flush`.
        with contextlib.suppress(OSError, tf.errors.OpError):
            self._file.close()
        with contextlib.suppress(OSError, tf.errors.OpError):
            self._events.close()


def _texts(row):
    return {
        name: str(value) if name == "step" else f"{value:.6g}"
        for name, value in row.items()
    }


def read_log(folder):
    """Gives the rows of `log.csv` as dicts of numbers; [] without one."""
    return read_rows(folder / "log.csv")
