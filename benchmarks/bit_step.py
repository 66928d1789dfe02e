"""Speed of BiT R50x1 in training and prediction, beside other implementations."""

import argparse

from benchmarks.steps import (
    CLASSES,
    by_threads,
    inference,
    open_timm,
    random_pixels,
    report,
    timm_inference,
    timm_training,
    training,
)
from bit_keras.commands.shared import import_tensorflow


def main():
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.bit_step", description=__doc__
    )
    parser.add_argument("--rounds", type=int, default=10, help="default: 10")
    parser.add_argument("--train-batch", type=int, default=16, help="default: 16")
    parser.add_argument("--train-size", type=int, default=128, help="default: 128 px")
    parser.add_argument("--inference-batch", type=int, default=8, help="default: 8")
    parser.add_argument(
        "--inference-size", type=int, default=224, help="default: 224 px"
    )
    parser.add_argument(
        "--bfloat16",
        action="store_true",
        help="mixed_bfloat16, and torch's autocast, instead of float32",
    )
    args = parser.parse_args()
    timm_network = open_timm("resnetv2_50x1_bit")
    import_tensorflow()
    from bit_keras.families.bit import VARIANTS

    network, other = our_networks("mixed_bfloat16" if args.bfloat16 else "float32")
    for title, passes, batch, size, keras_step, torch_step in (
        ("training", 3, args.train_batch, args.train_size, training, timm_training),
        (
            "inference",
            1,
            args.inference_batch,
            args.inference_size,
            inference,
            timm_inference,
        ),
    ):
        variants = {
            "bit_keras": keras_step(network, batch, size),
            "Keras' GroupNormalization": keras_step(other, batch, size),
        }
        if timm_network is not None:
            step = torch_step(timm_network, batch, size, args.bfloat16)
            variants |= by_threads(step)
        macs = VARIANTS["r50x1"].multiply_adds((size, size))
        operations = 2 * batch * passes * macs
        report(title, variants, batch, size, args.rounds, operations)


def our_networks(dtype):
    """Gives R50x1 and the same network, same weights, with Keras' own norm."""
    import keras
    import numpy as np

    import bit_keras as bk
    from bit_keras.layers import GroupNormalization

    class NormRelu(keras.layers.GroupNormalization):
        def call(self, inputs):
            return keras.ops.relu(super().call(inputs))

    def exchanged(layer):
        if isinstance(layer, GroupNormalization):
            return NormRelu(
                layer.groups, epsilon=layer.epsilon, name=layer.name, dtype=dtype
            )
        return type(layer).from_config(layer.get_config())

    keras.utils.set_random_seed(0)
    network = bk.models.bit("r50x1", num_classes=CLASSES, dtype=dtype)
    other = keras.models.clone_model(network, clone_function=exchanged)
    other.set_weights(network.get_weights())
    pixels = random_pixels(2, 64)
    # In float32, because rounding alone takes networks of random weights apart.
    # The logits of a new head are all zero; what goes into it is compared.
    ours, theirs = (
        bk.models.endpoint(bk.models.for_inference(model, "float32"), "pre_logits")(
            pixels
        )
        for model in (network, other)
    )
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-3)
    return network, other


if __name__ == "__main__":
    main()
