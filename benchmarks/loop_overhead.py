"""What `finetune` adds to a step: data, log, progress bar and the loop around it."""

import argparse
import contextlib
import io
import statistics
import tempfile
import time
from pathlib import Path

from benchmarks.timing import median_ratio
from bit_keras.commands.shared import import_tensorflow

# Network, crop in pixels, batch size, and steps of a round.
CASES = (("bit_tiny", 64, 32, 30), ("bit_r50x1", 128, 8, 5))
FILES, SIDE, CLASSES = 400, 96, 10
# At the start of a turn, until the batches made during the last one are used up.
UNMEASURED = 3


def main():
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.loop_overhead", description=__doc__
    )
    parser.add_argument(
        "--dataset", help=f"default: made-up JPEG files of {SIDE} x {SIDE} pixels"
    )
    parser.add_argument("--rounds", type=int, default=7, help="default: 7")
    args = parser.parse_args()
    import_tensorflow()
    from bit_keras.data import open_dataset
    from bit_keras.recipes import Recipe

    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        data = open_dataset(args.dataset or make_files(folder / "images"))
        classes = len(data.class_names)
        print(f"milliseconds per step, {args.rounds} rounds of 30 or of 5 steps")
        print(f"{'':42}{'raw':>8}{'loop':>8}{'ratio':>8}{'waiting':>9}")
        for network, crop, batch_size, steps in CASES:
            sources = {
                "files": (data.part("train"), crop * 5 // 4),
                "memory": (noise(crop, classes), crop),
            }
            total = args.rounds * (UNMEASURED + steps)
            for name, (examples, resize) in sources.items():
                recipe = Recipe(
                    resize=resize, crop=crop, batch_size=batch_size, steps=total
                )
                run = folder / f"{network}-{name}"
                turns = take_turns(network, examples, classes, recipe, steps, run)
                title = f"{network}, {crop} px, batch {batch_size}, {name}"
                print(f"{title:42}{figures(turns)}", flush=True)


def make_files(folder):
    """Writes smooth random pictures as JPEG files, in a sub-folder for each class."""
    import numpy as np
    from PIL import Image

    random = np.random.default_rng(0)
    for number in range(FILES):
        pixels = random.integers(0, 256, (12, 12, 3), "uint8")
        path = folder / str(number % CLASSES) / f"{number}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        picture = Image.fromarray(pixels).resize((SIDE, SIDE), Image.BICUBIC)
        picture.save(path, quality=90)
    return folder


def noise(crop, classes):
    import numpy as np

    from bit_keras.data.examples import ArrayExamples

    pixels = np.random.default_rng(0).integers(0, 256, (FILES, crop, crop, 3), "uint8")
    return ArrayExamples(pixels, np.arange(FILES) % classes)


class Turns:
    """A watcher that after each round of the steps of a loop makes as many raw ones.

    Args:
        raw: function that makes a number of raw steps.
        steps: of a round.
        batch_size: of a step.
    """

    def __init__(self, raw, steps, batch_size):
        self._make_raw, self._steps, self._batch_size = raw, steps, batch_size
        self.raw, self.loop, self.waited = [], [], []

    def add(self, row):
        now = time.perf_counter()
        place = row["step"] % (UNMEASURED + self._steps)
        if place == UNMEASURED - 1:
            self._start, self._waited = now, 0.0
        elif place >= UNMEASURED:
            seconds = self._batch_size / row["images_per_second"]
            self._waited += row["data_wait"] * seconds
        if place == UNMEASURED + self._steps - 1:
            taken = now - self._start
            self.loop.append(taken / self._steps)
            self.waited.append(self._waited / taken)
            self._make_raw(UNMEASURED)
            start = time.perf_counter()
            self._make_raw(self._steps)
            self.raw.append((time.perf_counter() - start) / self._steps)

    def flush(self):
        """Nothing waits to be written."""


def take_turns(network, examples, classes, recipe, steps, folder):
    """Trains as `finetune` does and gives the `Turns`."""
    import tensorflow as tf

    from bit_keras.data import training_batches
    from bit_keras.models import build
    from bit_keras.training import Learner
    from bit_keras.training.checkpoints import Checkpoints
    from bit_keras.training.loop import Loop, State
    from bit_keras.training.progress import Log, Progress

    learner = Learner(build(network, num_classes=classes), recipe)
    batches = training_batches(examples, recipe, classes)
    batch = next(iter(batches))
    step = tf.function(learner.train_step)

    def raw(count):
        for _ in range(count):
            logs = step(batch)
        logs["loss"].numpy()

    raw(1)
    turns = Turns(raw, steps, recipe.batch_size)
    with contextlib.ExitStack() as stack:
        stack.enter_context(contextlib.redirect_stderr(io.StringIO()))
        logged = learner.objective.logs
        log = stack.enter_context(contextlib.closing(Log(folder, figures=logged)))
        progress = Progress(recipe.steps, figures=logged)
        progress = stack.enter_context(contextlib.closing(progress))
        strategy, checkpoints = tf.distribute.get_strategy(), Checkpoints(folder)
        watchers = [log, progress, turns]
        loop = Loop(learner, strategy, checkpoints, 10, watchers, evaluator=None)
        loop.run(batches, State())
    return turns


def figures(turns):
    """Gives the cells of a row: medians over the rounds."""
    raw, loop = (1000 * statistics.median(times) for times in (turns.raw, turns.loop))
    ratio = median_ratio(turns.loop, turns.raw)
    waited = statistics.median(turns.waited)
    return f"{raw:8.1f}{loop:8.1f}{ratio:8.3f}{waited:9.1%}"


if __name__ == "__main__":
    main()
