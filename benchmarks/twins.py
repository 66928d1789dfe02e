"""How often twins are found, how often others are taken for twins, and the time."""

import argparse
import io
import random
import time

from bit_keras.commands.shared import import_tensorflow

SEED = 0


def main():
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.twins", description=__doc__
    )
    parser.add_argument("folders", nargs="+", help="of photographs, none there twice")
    parser.add_argument(
        "--images", type=int, default=400, help="of each folder; default: 400"
    )
    args = parser.parse_args()
    import_tensorflow()
    import numpy as np
    from PIL import Image

    from bit_keras.data import images
    from bit_keras.data.check import find_images
    from bit_keras.data.twins import twins_among

    paths = []
    for folder in args.folders:
        found = find_images(folder)
        paths += random.Random(SEED).sample(found, min(args.images, len(found)))
    pictures = [Image.fromarray(images.read(str(path)).numpy()) for path in paths]
    own = seen(pictures)
    hashed = np.char.str_len(own.looks) > 16
    print(f"{len(pictures):,} images, {hashed.sum():,} of them neither small nor plain")
    pictures = [p for p, has_hash in zip(pictures, hashed, strict=True) if has_hash]
    own = own.take(np.flatnonzero(hashed))
    for name, change in changes().items():
        changed = seen([change(picture) for picture in pictures])
        found = twins_among(own, changed) == np.arange(len(pictures))
        print(f"  {name:34}{found.mean():8.2%}")
    wrong = wrong_pairs(own)
    every = len(pictures) * (len(pictures) - 1) // 2
    print(f"  {'pairs of different images':34}{wrong:,} of {every:,}")
    report_time(paths)


def changes():
    """Gives what is done to a picture by the name of the row."""
    from PIL import Image, ImageEnhance

    def encoded(quality):
        def change(picture):
            file = io.BytesIO()
            picture.save(file, "JPEG", quality=quality)
            return Image.open(file).convert("RGB")

        return change

    def resized(factor):
        def change(picture):
            size = [max(1, round(factor * side)) for side in picture.size]
            return picture.resize(size, Image.BICUBIC)

        return change

    def cropped(share):
        def change(picture):
            width, height = picture.size
            left, top = round(share * width), round(share * height)
            return picture.crop((left, top, width - left, height - top))

        return change

    def brighter(factor):
        return lambda picture: ImageEnhance.Brightness(picture).enhance(factor)

    def turned(picture):
        # Without the corners that a turn leaves empty.
        return cropped(0.2)(picture.rotate(20, Image.BICUBIC))

    return {
        "encoded again, JPEG quality 50": encoded(50),
        "half the size": resized(0.5),
        "twice the size": resized(2),
        "cropped by 2 % on every side": cropped(0.02),
        "10 % brighter": brighter(1.1),
        "10 % darker": brighter(0.9),
        "cropped by 5 % on every side": cropped(0.05),
        "mirrored": lambda p: p.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        "turned by 20 degrees": turned,
    }


def seen(pictures):
    """Gives the `twins.Appearance` of Pillow's images."""
    import numpy as np
    import tensorflow as tf

    from bit_keras.data.looks import glance, look_of
    from bit_keras.data.twins import Appearance

    pixels = tf.TensorSpec((None, None, 3), tf.uint8)
    compiled = tf.function(glance, input_signature=[pixels])
    glances = [
        [value.numpy() for value in compiled(np.asarray(picture))]
        for picture in pictures
    ]
    looks = np.array([look_of(*parts) for parts in glances], "U32")
    thumbnails = np.stack([thumbnail for thumbnail, _, _ in glances])
    return Appearance(looks, thumbnails.__getitem__)


def wrong_pairs(own):
    """Counts the pairs of different images that are taken for twins."""
    import numpy as np

    from bit_keras.data.twins import group_numbers

    # So few that the groups are pairs.
    _, sizes = np.unique(group_numbers(own), return_counts=True)
    return int((sizes * (sizes - 1) // 2).sum())


def report_time(paths):
    """Prints milliseconds of all cores for a file: to decode it, and to look, too."""
    import tensorflow as tf

    from bit_keras.data import images
    from bit_keras.data.looks import glance, look_of

    names = [str(path) for path in paths]
    pixels = tf.function(images.read, input_signature=[tf.TensorSpec((), tf.string)])

    @tf.function(input_signature=[tf.TensorSpec((), tf.string)])
    def with_glance(name):
        return glance(images.read(name))

    taken = {"decoding": [], "decoding and a look": []}
    for _ in range(5):
        for kind in taken:
            start = time.process_time()
            for name in names:
                if kind == "decoding":
                    pixels(name)
                else:
                    look_of(*(value.numpy() for value in with_glance(name)))
            taken[kind].append((time.process_time() - start) / len(names) * 1000)
    for kind, values in taken.items():
        print(f"  {kind:34}{min(values):6.2f} ms an image")


if __name__ == "__main__":
    main()
