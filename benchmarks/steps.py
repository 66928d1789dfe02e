"""What the benchmarks of whole steps share: the steps, and how they are told."""

import statistics

from benchmarks.timing import median_ratio, seconds, timed

CLASSES = 1000
PRODUCT_SIZE = 2048
PRODUCTS = 5


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
        precision=network.layers[1].dtype_policy.name,
    )
    step = tf.function(bk.training.Learner(network, recipe).train_step)
    images = tf.constant(random_pixels(batch, size))
    labels = tf.one_hot(tf.range(batch) % CLASSES, CLASSES)
    return lambda: step((images, labels))["loss"].numpy()


def inference(network, batch, size):
    """Gives a function that predicts a fixed batch."""
    import tensorflow as tf

    import bit_keras as bk
    from bit_keras.models.image_model import ImageModel

    if isinstance(network, ImageModel):  # copies of others' layers may not be had
        network = bk.models.for_inference(network)
    predict = tf.function(network)
    images = tf.constant(random_pixels(batch, size))
    return lambda: predict(images).numpy()


def open_timm(name):
    """Gives timm's network of a name, or None, and says why.

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
            for missing in ("nms", "qnms"):
                arguments = "Tensor dets, Tensor scores, float iou_threshold"
                operators.define(f"{missing}({arguments}) -> Tensor")
            import timm
    except (ImportError, RuntimeError, OSError) as error:
        print(f"timm is left out: {error}")
        return None
    network = timm.create_model(name, num_classes=CLASSES)
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


def timm_training(network, batch, size, bfloat16=False):
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


def timm_inference(network, batch, size, bfloat16=False):
    """Gives a function that predicts a fixed batch with timm's network."""
    import torch

    images = timm_images(batch, size)

    def predict():
        network.eval()
        cast = torch.autocast("cpu", torch.bfloat16, enabled=bfloat16)
        with torch.inference_mode(), cast:
            return network(images).float().numpy()

    return predict


def report(title, variants, batch, size, rounds, operations):
    """Times the variants and prints a row each; a step takes so many operations."""
    import tensorflow as tf

    matrix = tf.random.normal((PRODUCT_SIZE, PRODUCT_SIZE))
    multiply = tf.function(tf.matmul)

    def products():
        for _ in range(PRODUCTS):
            multiply(matrix, matrix).numpy()

    steps = {**variants, "product": products}
    taken = seconds({name: timed(step) for name, step in steps.items()}, rounds)
    product_operations = PRODUCTS * 2 * PRODUCT_SIZE**3
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
