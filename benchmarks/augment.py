"""Speed of RandAugment on one core, beside other implementations, and of its parts."""

import argparse
import importlib.util
import statistics
import tempfile
from pathlib import Path

from benchmarks.input import find_photos, make_photos
from benchmarks.timing import median_ratio, processor_time, seconds
from bit_keras.commands.shared import import_tensorflow

SIZE, BATCH = 224, 32
CONFIG = "rand-m7-mstd0.5-inc1"
LEVEL = 0.7
INTERPOLATIONS = ("bilinear", "bicubic", "random")


def main():
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.augment", description=__doc__
    )
    parser.add_argument("--folder", help="JPEG files to read; default: made-up ones")
    parser.add_argument("--rounds", type=int, default=5, help="default: 5")
    parser.add_argument(
        "--images", type=int, default=320, help="of a round; default: 320"
    )
    args = parser.parse_args()
    if args.images % BATCH:
        parser.error(f"--images takes {BATCH}, {2 * BATCH}, …")
    import_tensorflow()
    import tensorflow as tf

    tf.get_logger().setLevel("ERROR")  # many functions are made on purpose
    # Work is then counted, and not how threads wait for each other.
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    with tempfile.TemporaryDirectory() as temporary:
        folder = args.folder
        paths = find_photos(folder) if folder else make_photos(Path(temporary))
        paths = (paths * -(-args.images // len(paths)))[: args.images]
        pictures = squares(paths)
    report(pictures, args.rounds)
    report_operations(pictures, args.rounds)


def squares(paths):
    """Gives uint8 (images, SIZE, SIZE, 3)."""
    import numpy as np
    from PIL import Image

    images = [Image.open(p).convert("RGB").resize((SIZE, SIZE)) for p in paths]
    return np.stack([np.asarray(image) for image in images])


def report(pictures, rounds):
    """Prints a row for each implementation; the first is what all compare to."""
    taken = seconds(randaugments(pictures), rounds)
    first = next(iter(taken))
    print(f"RandAugment at {SIZE} px: images per second of a core, times the first")
    for name, values in taken.items():
        speed = len(pictures) / statistics.median(values)
        print(f"  {name:38}{speed:9.0f}   {median_ratio(taken[first], values):5.2f}")


def randaugments(pictures):
    """Gives {name: function that augments all pictures}: ours, and who is installed."""
    import keras

    variants = {
        f"bit_keras, {name}": one_by_one(pictures, ours(name))
        for name in INTERPOLATIONS
    }
    if importlib.util.find_spec("timm"):
        variants |= {f"timm, {name}": timms(pictures, name) for name in INTERPOLATIONS}
    else:
        print("timm is not installed here")
    layer = keras.layers.RandAugment(num_ops=2, factor=LEVEL)
    variants["keras, a draw for each batch"] = in_batches(pictures, layer)
    if importlib.util.find_spec("keras_cv"):
        import keras_cv

        layer = keras_cv.layers.RandAugment(
            value_range=(0, 255), augmentations_per_image=2, magnitude=LEVEL
        )
        variants["keras-cv, a draw for each image"] = in_batches(pictures, layer)
    else:
        print("keras-cv is not installed here")
    return {name: processor_time(function) for name, function in variants.items()}


def one_by_one(pictures, function):
    """Gives a function that changes all pictures by (number, image) -> image."""
    import tensorflow as tf

    numbers = tf.range(len(pictures), dtype=tf.int64)
    pictures = tf.constant(pictures)

    @tf.function
    def run():
        return tf.map_fn(
            lambda pair: function(*pair),
            (numbers, pictures),
            fn_output_signature=pictures.dtype,
        )

    return run


def in_batches(pictures, layer):
    """Gives a function that changes all pictures by a layer of Keras."""
    import tensorflow as tf

    batches = tf.cast(pictures.reshape(-1, BATCH, SIZE, SIZE, 3), tf.float32)
    compiled = tf.function(lambda batch: layer(batch, training=True))

    def run():
        for batch in batches:
            compiled(batch)

    return run


def ours(interpolation):
    from bit_keras.data import rand_augment

    return lambda number, image: rand_augment(image, (0, number), CONFIG, interpolation)


def timms(pictures, interpolation):
    """Gives a function that augments all with timm's, from Pillow to Pillow."""
    from PIL import Image
    from timm.data.auto_augment import rand_augment_transform

    settings = {"img_mean": (124, 116, 104)}
    if interpolation != "random":
        settings["interpolation"] = getattr(Image, interpolation.upper())
    transform = rand_augment_transform(CONFIG, settings)
    images = [Image.fromarray(picture) for picture in pictures]

    def run():
        for image in images:
            transform(image)

    return run


def report_operations(pictures, rounds):
    """Prints the microseconds of a core that each operation takes for an image."""
    functions = {"none": lambda number, image: image} | operations()
    variants = {
        name: processor_time(one_by_one(pictures, function))
        for name, function in functions.items()
    }
    taken = seconds(variants, rounds)
    print("operations: microseconds of a core for an image")
    idle = statistics.median(taken.pop("none"))
    for name, values in taken.items():
        microseconds = (statistics.median(values) - idle) / len(pictures) * 1e6
        print(f"  {name:38}{microseconds:9.0f}")


def operations():
    """Gives {name: function (number, image) -> image} of the increasing set."""
    from bit_keras.data.rand_augment import INCREASING, OPERATIONS

    functions = {}
    for name, operation in (OPERATIONS | INCREASING).items():
        ways = ("bilinear", "bicubic") if operation.moves else ("",)
        for way in ways:
            functions[f"{name}, {way}" if way else name] = applied(operation, way)
    return functions


def applied(operation, interpolation):
    import tensorflow as tf

    def change(number, image):
        # From the number, so that it is not known when the graph is made.
        sign = tf.cast(1 - 2 * (number % 2), tf.float32)
        arguments = [interpolation] if interpolation else []
        if operation.argument:
            arguments.insert(0, operation.argument(tf.abs(LEVEL * sign), sign))
        return operation.change(image, *arguments)

    return change


if __name__ == "__main__":
    main()
