"""Speed of BiT R50x1 in training and prediction, beside other implementations."""

import argparse
import statistics

from benchmarks.timing import median_ratio, seconds, timed
from bit_keras.commands.shared import import_tensorflow

CLASSES = 1000
PRODUCT_SIZE = 2048
PRODUCTS = 5


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
    timm_network = open_timm()
    import_tensorflow()

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
        report(title, variants, batch, size, passes, args.rounds)


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


def random_pixels(batch, size):
    import numpy as np

    shape = (batch, size, size, 3)
    return np.random.default_rng(0).uniform(0, 255, shape).astype("float32")


def training(network, batch, size):
    """Gives a function that trains one step on a fixed batch."""
    import tensorflow as tf

    import bit_keras as bk

    recipe = bk.recipes.Recipe(
        resize=size,
        crop=size,
        batch_size=batch,
        steps=500,
        precision=network.get_layer("root_conv").dtype_policy.name,
    )
    step = tf.function(bk.training.Learner(network, recipe).train_step)
    images = tf.constant(random_pixels(batch, size))
    labels = tf.one_hot(tf.range(batch) % CLASSES, CLASSES)
    return lambda: step((images, labels))["loss"].numpy()


def inference(network, batch, size):
    """Gives a function that predicts a fixed batch."""
    import tensorflow as tf

    import bit_keras as bk

    predict = tf.function(bk.models.for_inference(network))
    images = tf.constant(random_pixels(batch, size))
    return lambda: predict(images).numpy()


def open_timm():
    """Gives timm's network of the same shape, or None, and says why.

    It comes before TensorFlow, after which torchvision may end the process.
    """
    try:
        import torch

        try:
            import timm
        except RuntimeError:
            # timm imports torchvision, whose compiled operators cannot load beside
            # another build of torch, and which then fails for want of these two.
            operators = torch.library.Library("torchvision", "DEF")
            for name in ("nms", "qnms"):
                arguments = "Tensor dets, Tensor scores, float iou_threshold"
                operators.define(f"{name}({arguments}) -> Tensor")
            import timm
    except (ImportError, RuntimeError, OSError) as error:
        print(f"timm is left out: {error}")
        return None
    network = timm.create_model("resnetv2_50x1_bit", num_classes=CLASSES)
    return network.to(memory_format=torch.channels_last)


def by_threads(step):
    """Gives the step on all processors, and on one.

    Torch's threads wait for each other, so that a busy machine may favour a single one.
    """
    import torch

    all_threads = torch.get_num_threads()

    def on(threads):
        torch.set_num_threads(threads)
        step()
        torch.set_num_threads(all_threads)

    return {
        f"timm, torch eager, threads: {threads}": lambda threads=threads: on(threads)
        for threads in sorted({all_threads, 1}, reverse=True)
    }


def timm_images(batch, size):
    import torch

    pixels = torch.tensor(random_pixels(batch, size) / 127.5 - 1)
    return pixels.permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)


def timm_training(network, batch, size, bfloat16):
    """Gives a function that trains timm's network one step on a fixed batch."""
    import torch

    images, labels = timm_images(batch, size), torch.arange(batch) % CLASSES
    optimizer = torch.optim.SGD(network.parameters(), lr=0.003, momentum=0.9)

    def step():
        network.train()
        optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
            loss = torch.nn.functional.cross_entropy(network(images), labels)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def timm_inference(network, batch, size, bfloat16):
    """Gives a function that predicts a fixed batch with timm's network."""
    import torch

    images = timm_images(batch, size)

    def predict():
        network.eval()
        cast = torch.autocast("cpu", torch.bfloat16, enabled=bfloat16)
        with torch.inference_mode(), cast:
            return network(images).float().numpy()

    return predict


def report(title, variants, batch, size, passes, rounds):
    """Times the variants and prints a row each; a step costs `passes` forward ones."""
    import tensorflow as tf

    from bit_keras.families.bit import VARIANTS

    matrix = tf.random.normal((PRODUCT_SIZE, PRODUCT_SIZE))
    multiply = tf.function(tf.matmul)

    def products():
        for _ in range(PRODUCTS):
            multiply(matrix, matrix).numpy()

    steps = {**variants, "product": products}
    taken = seconds({name: timed(step) for name, step in steps.items()}, rounds)
    product_operations = PRODUCTS * 2 * PRODUCT_SIZE**3
    operations = batch * passes * 2 * VARIANTS["r50x1"].multiply_adds((size, size))
    share = operations / product_operations
    share *= median_ratio(taken["product"], taken["bit_keras"])
    rate = product_operations / statistics.median(taken["product"])
    print(f"{title}, {size} px, batch {batch}: images per second, {rounds} rounds")
    for name in variants:
        speed = batch / statistics.median(taken[name])
        if name == "bit_keras":
            note = f"{share:.0%} of a float32 product's {rate / 1e9:.0f} GFLOP/s"
        else:
            ratio = median_ratio(taken[name], taken["bit_keras"])
            note = f"bit_keras is {ratio:.2f} times as fast"
        print(f"  {name:32}{speed:8.2f}   {note}")


if __name__ == "__main__":
    main()
