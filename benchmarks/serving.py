"""Speed of an exported R50x1: in this process, over gRPC, and beside `predict`."""

import argparse
import resource
import statistics
import tempfile
from pathlib import Path

from benchmarks.steps import open_timm, timm_inference
from benchmarks.timing import median_ratio, seconds, timed
from bit_keras.commands.shared import import_tensorflow

CLASSES = 1000
BATCHES = (1, 8)
WARM = 200  # requests until memory has settled


def main():
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.serving", description=__doc__
    )
    parser.add_argument("--rounds", type=int, default=20, help="default: 20")
    parser.add_argument("--size", type=int, default=224, help="default: 224 px")
    parser.add_argument("--requests", type=int, default=2000, help="default: 2000")
    args = parser.parse_args()
    timm_network = open_timm("resnetv2_50x1_bit")
    import_tensorflow()

    import bit_keras as bk
    from bit_keras.export import save_for_serving
    from bit_keras.preprocessing import Preprocessing
    from bit_keras.training.trained import Trained

    names = tuple(f"class {number}" for number in range(CLASSES))
    with tempfile.TemporaryDirectory() as temporary:
        folders = {}
        for variant in ("r50x1", "tiny"):
            network = bk.models.bit(variant, num_classes=CLASSES)
            square = Preprocessing(crop=args.size)
            trained = Trained(network, names, square, variant)
            folders[variant] = Path(temporary) / variant / "1"
            save_for_serving(trained, folders[variant])
            if variant == "r50x1":
                compare_paths(
                    trained, folders[variant], timm_network, args.size, args.rounds
                )
        compare_grpc(folders["tiny"], args.rounds)
        watch_memory(folders["tiny"], args.requests)


def random_files(count, size):
    import numpy as np
    import tensorflow as tf

    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (count, size, size, 3), "uint8")
    return [tf.io.encode_jpeg(image).numpy() for image in pixels]


def compare_paths(trained, folder, timm_network, size, rounds):
    """Prints images per second of the served signatures, of `predict` and of timm."""
    import tensorflow as tf

    from bit_keras.data import images
    from bit_keras.models import for_inference

    loaded = tf.saved_model.load(str(folder))
    by_file = loaded.signatures["serving_default"]
    by_pixels = loaded.signatures["images"]
    network = for_inference(trained.model)

    for batch in BATCHES:
        files = random_files(batch, size)
        decoded = tf.stack([images.decode(file) for file in files])
        floats = tf.cast(decoded, tf.float32).numpy()
        variants = {
            "predict, pixels": lambda floats=floats: network.predict_on_batch(floats),
            "served, pixels": lambda decoded=decoded: by_pixels(images=decoded)[
                "probabilities"
            ].numpy(),
            "predict, files": predicting(network, files, size),
            "served, files": lambda files=files: by_file(
                image_bytes=tf.constant(files)
            )["probabilities"].numpy(),
        }
        if timm_network is not None:
            variants["timm, torch eager, pixels"] = timm_inference(
                timm_network, batch, size
            )
        taken = seconds({name: timed(f) for name, f in variants.items()}, rounds)
        print(f"R50x1, {size} px, batch {batch}: images per second, {rounds} rounds")
        for name, times in taken.items():
            kind = name.split(", ")[-1]
            ratio = median_ratio(times, taken[f"served, {kind}"])
            print(
                f"  {name:28}{batch / statistics.median(times):8.2f}   served is "
                f"{ratio:.2f} times as fast"
            )


def predicting(network, files, size):
    """Gives the function that does what the command `predict` does with files."""
    from bit_keras.data.photos import photo_batches
    from bit_keras.preprocessing import Preprocessing

    folder = tempfile.TemporaryDirectory()
    paths = [Path(folder.name) / str(number) for number in range(len(files))]
    for path, contents in zip(paths, files, strict=True):
        path.write_bytes(contents)

    def predict(folder=folder):  # which is there as long as this function
        for _, pixels in photo_batches(paths, Preprocessing(crop=size)):
            network.predict_on_batch(pixels)

    return predict


def compare_grpc(folder, rounds):
    """Prints what gRPC adds to a request, here with a small network."""
    from bit_keras.export.client import Local, connect
    from tests.export.prediction_server import grpc_server

    (file,) = random_files(1, 224)
    local = Local(folder)
    with grpc_server(folder) as address:
        remote = connect(address, "model")
        variants = {"here": lambda: local(file), "over gRPC": lambda: remote(file)}
        taken = seconds({name: timed(f) for name, f in variants.items()}, 10 * rounds)
    here, over = (statistics.median(times) * 1e3 for times in taken.values())
    print(
        f"bit_tiny, one file of 224 px: {here:.2f} ms here, {over:.2f} ms over gRPC, "
        f"{over - here:.2f} ms more"
    )


def watch_memory(folder, requests):
    """Prints the memory in use early and late in many requests of several sizes."""
    from bit_keras.export.client import connect
    from tests.export.prediction_server import grpc_server

    files = [random_files(1, size)[0] for size in (64, 224, 500)]
    with grpc_server(folder) as address:
        ask = connect(address, "model")
        for number in range(requests):
            ask(files[number % len(files)])
            if number + 1 in (WARM, requests):
                print(f"memory after {number + 1:,} requests: {memory():.0f} MiB")


def memory():
    """Gives the MiB of memory that the process occupies (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


if __name__ == "__main__":
    main()
