"""`doctor`: versions, devices, and how fast this machine multiplies."""

from bit_keras.commands.shared import import_tensorflow

SIZE = 2048
REPEATS = 5
WORTH_IT = 1.1  # what is gained in bfloat16, from which on it is advised


def register(commands):
    parser = commands.add_parser(
        "doctor",
        help="versions, devices, and how fast this machine is",
        description="Prints what a bug report needs, and measures one matrix product "
        "to say how many images per second this machine could train at best, and a "
        "small network to say whether bfloat16 is faster here.",
    )
    parser.set_defaults(command=run)


def run(args):
    import_tensorflow()
    import platform
    import shutil

    import tensorflow as tf

    import bit_keras
    from bit_keras import families, weights
    from bit_keras.data import copies
    from bit_keras.evaluation import features
    from bit_keras.files import cache_folder
    from bit_keras.training.precisions import bfloat16_gains
    from bit_keras.training.run_folder import versions

    print(f"bit_keras {bit_keras.__version__}, Python {platform.python_version()}")
    print(", ".join(f"{name} {version}" for name, version in versions().items()))
    for device in tf.config.list_physical_devices():
        print(f"{device.device_type}: {device.name}")
    if not tf.config.list_physical_devices("GPU"):
        print("No GPU is visible to TensorFlow; training runs on the processor.")
    cache = cache_folder()
    existing = next(p for p in (cache, *cache.parents) if p.exists())
    free = shutil.disk_usage(existing).free / 2**30
    print(f"cache {cache} ({free:.0f} GiB free)")
    for what, kept in (
        ("photographs converted for TensorFlow", copies),
        ("features of images", features),
    ):
        print(
            f"{what}: {kept.size() / 2**20:,.0f} MiB of at most "
            f"{kept.LIMIT / 2**20:,.0f} in {kept.folder()}, which may be removed at "
            "any time"
        )
    rate = matrix_product_rate()
    print(
        f"float32 matrix product {SIZE} x {SIZE}: {rate / 1e9:,.0f} GFLOP/s, so at best"
    )
    files = weights.catalogue().values()
    for name in dict.fromkeys(file.network for file in files):
        macs = families.network(name)[1].multiply_adds((128, 128))
        # Training costs three forward passes; a multiply-add is two operations.
        print(
            f"  {name:14} at 128 px: {rate / (6 * macs):8.2f} images per second in "
            f"training, {rate / (2 * macs):8.2f} in prediction"
        )
    print("Measuring a small network in float32 and bfloat16 …", flush=True)
    print(advice(*bfloat16_gains()))


def advice(training, prediction):
    """Says which flags are worth it.

    Args:
        training, prediction: how many times as fast each is in bfloat16.
    """
    flags = []
    if training >= WORTH_IT:
        flags.append("finetune --precision mixed_bfloat16")
    if prediction >= WORTH_IT:
        flags.append("export --precision bfloat16")
    worth = f"worth it: {' and '.join(flags)}" if flags else "leave it at float32"
    return (
        f"In bfloat16 a small BiT trains {training:.2f} and predicts {prediction:.2f} "
        f"times as fast as in float32; {worth}"
    )


def matrix_product_rate():
    """Measures the best rate of a float32 matrix product, in operations per second."""
    import time

    import tensorflow as tf

    matrix = tf.random.normal((SIZE, SIZE))
    multiply = tf.function(tf.matmul)
    times = []
    for _ in range(REPEATS + 1):
        start = time.perf_counter()
        multiply(matrix, matrix).numpy()
        times.append(time.perf_counter() - start)
    return 2 * SIZE**3 / min(times[1:])
