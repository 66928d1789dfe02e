"""Speed of ResNet-50 in training and prediction, beside other implementations."""

import argparse

from benchmarks.steps import (
    CLASSES,
    by_threads,
    inference,
    open_timm,
    report,
    timm_inference,
    timm_training,
    training,
)
from bit_keras.commands.shared import import_tensorflow

SIZE = 224


def main():
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.resnet_step", description=__doc__
    )
    parser.add_argument("--rounds", type=int, default=10, help="default: 10")
    parser.add_argument("--batch", type=int, default=8, help="default: 8")
    parser.add_argument(
        "--bfloat16",
        action="store_true",
        help="mixed_bfloat16, and torch's autocast, instead of float32",
    )
    args = parser.parse_args()
    timm_network = open_timm("resnet50")
    import_tensorflow()
    import bit_keras as bk

    dtype = "mixed_bfloat16" if args.bfloat16 else "float32"
    networks = {
        "bit_keras": bk.models.resnet("r50", num_classes=CLASSES, dtype=dtype),
        "keras.applications": of_keras(dtype),
    }
    for title, passes, keras_step, torch_step in (
        ("training", 3, training, timm_training),
        ("inference", 1, inference, timm_inference),
    ):
        variants = {
            name: keras_step(network, args.batch, SIZE)
            for name, network in networks.items()
        }
        if timm_network is not None:
            step = torch_step(timm_network, args.batch, SIZE, args.bfloat16)
            variants |= by_threads(step)
        macs = bk.models.RESNET_VARIANTS["r50"].multiply_adds((SIZE, SIZE))
        operations = 2 * args.batch * passes * macs
        report(title, variants, args.batch, SIZE, args.rounds, operations)


def of_keras(dtype):
    """Gives Keras' ResNet50, of which only the global policy sets the type."""
    import keras

    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(dtype)
    try:
        return keras.applications.ResNet50(
            weights=None, classes=CLASSES, classifier_activation=None
        )
    finally:
        keras.config.set_dtype_policy(before)


if __name__ == "__main__":
    main()
