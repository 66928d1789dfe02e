"""Speed of ViT in training and prediction, beside other implementations."""

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

TIMM = {"s16": "vit_small_patch16_224", "b16": "vit_base_patch16_224"}
SIZE = 224


def main():
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.vit_step", description=__doc__
    )
    parser.add_argument("--variant", choices=TIMM, default="s16", help="default: s16")
    parser.add_argument("--rounds", type=int, default=10, help="default: 10")
    parser.add_argument("--batch", type=int, default=8, help="default: 8")
    parser.add_argument(
        "--bfloat16",
        action="store_true",
        help="mixed_bfloat16, and torch's autocast, instead of float32",
    )
    args = parser.parse_args()
    timm_network = open_timm(TIMM[args.variant])
    import_tensorflow()
    import bit_keras as bk

    dtype = "mixed_bfloat16" if args.bfloat16 else "float32"
    networks = {
        "bit_keras": bk.models.vit(args.variant, num_classes=CLASSES, dtype=dtype),
        **keras_hub_network(args.variant, dtype),
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
        macs = bk.models.VIT_VARIANTS[args.variant].multiply_adds((SIZE, SIZE))
        operations = 2 * args.batch * passes * macs
        report(title, variants, args.batch, SIZE, args.rounds, operations)


def keras_hub_network(variant, dtype):
    """Gives {"keras-hub": network of the same shape}, or {}, and says why."""
    import keras

    from bit_keras.models import VIT_VARIANTS

    try:
        import keras_hub
    except ImportError as error:
        print(f"keras-hub is left out: {error}")
        return {}
    spec = VIT_VARIANTS[variant]
    backbone = keras_hub.models.ViTBackbone(
        image_shape=(SIZE, SIZE, 3),
        patch_size=spec.patch,
        num_layers=spec.depth,
        num_heads=spec.heads,
        hidden_dim=spec.hidden,
        mlp_dim=spec.mlp,
        layer_norm_epsilon=1e-6,
        dtype=dtype,
    )
    logits = keras.layers.Dense(CLASSES, dtype="float32")(backbone.output[:, 0])
    return {"keras-hub": keras.Model(backbone.input, logits)}


if __name__ == "__main__":
    main()
