"""Images per second of a core that augmentation leaves of the decoded ones."""

import argparse
import collections
import statistics
import tempfile
from pathlib import Path

from benchmarks.input import CLASSES, find_photos, make_photos
from benchmarks.timing import median_ratio, processor_time, seconds
from bit_keras.commands.shared import import_tensorflow

SIZE, BATCH = 224, 32


def main():
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.augmented_input", description=__doc__
    )
    parser.add_argument("--folder", help="JPEG files to read; default: made-up ones")
    parser.add_argument("--rounds", type=int, default=5, help="default: 5")
    parser.add_argument(
        "--images", type=int, default=640, help="of a round; default: 640"
    )
    args = parser.parse_args()
    if args.images % BATCH or args.images == BATCH:
        parser.error(f"--images takes {2 * BATCH}, {3 * BATCH}, …")
    import_tensorflow()
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    with tempfile.TemporaryDirectory() as temporary:
        folder = args.folder
        paths = find_photos(folder) if folder else make_photos(Path(temporary))
        paths = (paths * -(-args.images // len(paths)))[: args.images]
        taken = seconds(pipelines(paths), args.rounds)
    print(
        f"from file to batch at {SIZE} px: images per second of a core, times decoding"
    )
    for name, values in taken.items():
        speed = (args.images - BATCH) / statistics.median(values)
        ratio = median_ratio(taken["decoding"], values)
        print(f"  {name:48}{speed:7.0f}   {ratio:5.2f}")


def pipelines(paths):
    """Gives {name: function} that make all but one batch of the files."""
    import tensorflow as tf

    from bit_keras.data import images
    from bit_keras.recipes.rand_augment import EXAMPLE

    def decoded(batches):
        files = tf.data.Dataset.from_tensor_slices([str(p) for p in paths])
        return files.take(batches * BATCH).map(images.read).prefetch(1)

    count = len(paths) // BATCH
    variants = {"decoding": without_start(decoded, count)}
    mixing = {"rand_augment": EXAMPLE, "mixup_alpha": 0.2, "cutmix_alpha": 1.0}
    for resizing in ("bilinear", "bicubic"):
        for antialias in (False, True):
            fields = {"train_interpolation": resizing, "train_antialias": antialias}
            name = f"crop, {resizing}{', antialias' if antialias else ''}"
            for what, more in (("", {}), (", RandAugment, mixing", mixing)):
                batches = trained(paths, fields | more)
                variants[name + what] = without_start(batches, count)
    return variants


def trained(paths, fields):
    """Gives a function: number of batches -> the data set of as many steps."""
    import numpy as np

    from bit_keras.data import training_batches
    from bit_keras.data.examples import FileExamples
    from bit_keras.recipes import Recipe

    names = tuple(str(path) for path in paths)
    examples = FileExamples(names, np.arange(len(names)) % CLASSES)

    def batches(steps):
        recipe = Recipe(
            resize=SIZE,
            crop=SIZE,
            batch_size=BATCH,
            steps=steps,
            cropping="torchvision",
            crop_area=0.08,
            **fields,
        )
        return training_batches(examples, recipe, CLASSES)

    return batches


def without_start(batches, count):
    """Times `count` batches less one: what a data set needs to begin is left out."""
    short, long = batches(1), batches(count)

    def run():
        passes = [
            processor_time(lambda data=data: collections.deque(data, 0))
            for data in (long, short)
        ]
        return passes[0]() - passes[1]()

    return run


if __name__ == "__main__":
    main()
