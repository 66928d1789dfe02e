"""Memory of a training step by the images at a time, and what saving it costs."""

import argparse
import concurrent.futures
import dataclasses
import math
import multiprocessing
import statistics
import time

from benchmarks.timing import median_ratio, seconds, timed
from bit_keras.commands.shared import import_tensorflow

MICRO_BATCHES = (1, 8, 16, 32, 64, 128)
TIMED_BATCH = 32
CLASSES = 1000


def main():
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.memory", description=__doc__
    )
    parser.add_argument("--network", default="bit_r50x1", help="default: bit_r50x1")
    parser.add_argument("--crop", type=int, default=128, help="default: 128 px")
    parser.add_argument("--batch-size", type=int, default=512, help="default: 512")
    parser.add_argument("--rounds", type=int, default=8, help="default: 8")
    args = parser.parse_args()
    import_tensorflow()

    print(
        f"{args.network}, {args.crop} px, batch {args.batch_size}: peak memory in GiB"
    )
    report_peaks(args)
    print(f"seconds of a step of {TIMED_BATCH} images, {args.rounds} rounds")
    report_times(args)
    with concurrent.futures.ProcessPoolExecutor(
        1, mp_context=multiprocessing.get_context("spawn")
    ) as pool:
        print(pool.submit(whole_step, args).result(), flush=True)


def report_peaks(args):
    """Prints the peaks, each of a process of its own, as one's peak never falls."""
    from bit_keras.training.memory import Trial

    recipe = recipe_for(args, args.batch_size)
    trials = {
        remat: Trial(
            args.network,
            CLASSES,
            3,
            dataclasses.replace(recipe, remat=remat),
            args.batch_size,
        )
        for remat in (False, True)
    }
    sizes = [n for n in MICRO_BATCHES if args.batch_size % n == 0]
    peaks = {False: [], True: []}
    print(f"  {'micro-batch':20}{'':>10}{'remat':>10}")
    for size in sizes:
        for remat, trial in trials.items():
            peaks[remat].append(trial.peak(size) / 2**30)
        print(
            f"  {size:<20}{peaks[False][-1]:10.2f}{peaks[True][-1]:10.2f}", flush=True
        )
    slopes = "".join(f"{slope(sizes, peaks[remat]):10.4f}" for remat in trials)
    print(f"  {'for each image':20}{slopes}", flush=True)


def slope(sizes, peaks):
    """Gives the slope of the line through the peaks that were not too much."""
    pairs = [pair for pair in zip(sizes, peaks, strict=True) if pair[1] < math.inf]
    return statistics.linear_regression(*zip(*pairs, strict=True)).slope


def recipe_for(args, batch_size):
    from bit_keras.recipes import Recipe

    return Recipe(resize=args.crop, crop=args.crop, batch_size=batch_size, steps=500)


def report_times(args):
    """Times a step with and without remat, in turn."""
    import tensorflow as tf

    from bit_keras.models import build
    from bit_keras.training import Learner

    network = build(args.network, num_classes=CLASSES)
    images = tf.random.uniform((TIMED_BATCH, args.crop, args.crop, 3), maxval=255)
    labels = tf.one_hot(tf.range(TIMED_BATCH) % CLASSES, CLASSES)

    def training(remat):
        recipe = dataclasses.replace(recipe_for(args, TIMED_BATCH), remat=remat)
        step = tf.function(Learner(network, recipe).train_step)
        return timed(lambda: step((images, labels))["loss"].numpy())

    steps = {"": training(False), "remat": training(True)}
    taken = seconds(steps, args.rounds)
    for name in steps:
        ratio = median_ratio(taken[name], taken[""])
        print(f"  {name:20}{statistics.median(taken[name]):10.2f}{ratio:10.2f}")


def whole_step(args):
    """Trains one step on real batches, micro-batches as by default; says what it took.

    The batch that follows is made meanwhile, as in a run.
    """
    import_tensorflow()
    import numpy as np
    import tensorflow as tf

    from bit_keras.data import training_batches
    from bit_keras.data.examples import ArrayExamples
    from bit_keras.data.image_data import ImageData
    from bit_keras.models import build
    from bit_keras.training import Learner
    from bit_keras.training.memory import peak_memory
    from bit_keras.training.plan import plan
    from bit_keras.training.settings import Settings

    shape = (args.batch_size, args.crop, args.crop, 3)
    pixels = np.random.default_rng(0).integers(0, 256, shape, "uint8")
    examples = ArrayExamples(pixels, np.arange(args.batch_size) % CLASSES)
    names = tuple(str(number) for number in range(CLASSES))
    data = ImageData("noise", names, {"train": examples}, shape[1:3])
    changes = {"crop": args.crop, "resize": args.crop}
    settings = Settings(batch_size=args.batch_size, changes=changes)
    _, recipe, _ = plan(data, args.network, settings)
    network = build(args.network, num_classes=CLASSES)
    step = tf.function(Learner(network, recipe).train_step)
    batches = iter(training_batches(examples, recipe, CLASSES))
    start = time.perf_counter()
    loss = step(next(batches))["loss"].numpy()
    taken = time.perf_counter() - start
    peak = peak_memory() / 2**30
    return (
        f"a whole step of {recipe.batch_size} images, {recipe.micro_batch or 'all'} at "
        f"a time, made and compiled: {taken:.0f} s, loss {loss:.3f}, peak memory "
        f"{peak:.2f} GiB"
    )


if __name__ == "__main__":
    main()
