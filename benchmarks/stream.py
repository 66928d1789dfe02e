"""Memory, speed and start of a stream of records, for a set and one four times it."""

import argparse
import concurrent.futures
import io
import multiprocessing
import tempfile
import time
from pathlib import Path

from bit_keras.commands.shared import import_tensorflow

HEIGHT, WIDTH = 288, 384
RECORDS_PER_SHARD = 250
RESIZE, CROP, BATCH = 160, 128, 32
CLASSES = 37


def main():
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.stream", description=__doc__
    )
    parser.add_argument(
        "--records", type=int, default=2000, help="of the smaller set; default: 2000"
    )
    args = parser.parse_args()
    import_tensorflow()

    with tempfile.TemporaryDirectory() as folder:
        files, size = write_shards(Path(folder), 4 * args.records)
        print(f"records of {size / 1000:.0f} kB, {RECORDS_PER_SHARD} in a shard")
        print(f"{'':22}{'first batch':>12}{'records/s':>11}{'peak memory':>13}")
        for part in (files[: len(files) // 4], files):
            count = len(part) * RECORDS_PER_SHARD
            last = count // BATCH - 2
            for title, start, steps in (
                (f"{count:,} records", 0, count // BATCH),
                (f"  from step {last}", last, 2),
            ):
                print(f"{title:22}{row(part, start, steps)}", flush=True)


def write_shards(folder, count):
    """Writes pictures of noise as TFRecord files; gives their paths and a size."""
    import numpy as np
    import tensorflow as tf
    from PIL import Image

    random = np.random.default_rng(0)
    contents = []
    for _ in range(16):
        pixels = random.integers(0, 256, (HEIGHT, WIDTH, 3), "uint8")
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "JPEG", quality=90)
        contents.append(file.getvalue())
    paths = [str(folder / str(shard)) for shard in range(count // RECORDS_PER_SHARD)]
    for path in paths:
        with tf.io.TFRecordWriter(path) as writer:
            for number in range(RECORDS_PER_SHARD):
                writer.write(contents[number % len(contents)])
    return paths, len(contents[0])


def row(files, start, steps):
    """Measures in a process of its own, as a process's peak never falls."""
    with concurrent.futures.ProcessPoolExecutor(
        1, mp_context=multiprocessing.get_context("spawn")
    ) as pool:
        first, speed, memory = pool.submit(measure, files, start, steps).result()
    speed = f"{speed:11.0f}" if speed else " " * 11
    return f"{first:10.2f} s{speed}{memory:10.2f} GB"


def measure(files, start, steps):
    """Gives seconds to the first batch, records per second, and peak memory in GB."""
    import_tensorflow()
    import tensorflow as tf

    from bit_keras.data import training_batches
    from bit_keras.data.record_stream import RecordStream
    from bit_keras.recipes import Recipe
    from bit_keras.training.memory import peak_memory

    lengths = (RECORDS_PER_SHARD,) * len(files)
    stream = RecordStream(
        tuple(files), lengths, lambda record: (record, tf.constant(0))
    )
    recipe = Recipe(resize=RESIZE, crop=CROP, batch_size=BATCH, steps=start + steps)
    began = time.perf_counter()
    batches = iter(training_batches(stream, recipe, CLASSES, start=start))
    next(batches)
    first = time.perf_counter() - began
    for _ in batches:
        pass
    speed = steps * BATCH / (time.perf_counter() - began)
    memory = peak_memory() / 1e9
    return first, speed if steps > 2 else None, memory


if __name__ == "__main__":
    main()
