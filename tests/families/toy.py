"""A family, rules, an objective and a task that only tests know: lines of the tables.

`lines()` adds them for as long as its context lasts. As a script it is the command line
with these lines, so that runs in processes of their own know them, too. With
TWO_DEVICES in the environment the processor counts as two, and with KILLED_AT the
process is killed right after the checkpoint of that step.
"""

import contextlib
import dataclasses
import os
import signal
import sys

import keras
import numpy as np
import tensorflow as tf

from bit_keras import families, layers
from bit_keras.data import training_batches
from bit_keras.families import Family
from bit_keras.models import ImageModel
from bit_keras.models.registry import BUILDERS
from bit_keras.preprocessing import Preprocessing
from bit_keras.recipes import RULES, Recipe
from bit_keras.recipes.names import CHOICES
from bit_keras.recipes.rules import Rule
from bit_keras.training.checkpoints import Checkpoints
from bit_keras.training.objectives import OBJECTIVES
from bit_keras.training.results import final_network, save_network
from bit_keras.training.tasks import TASKS
from bit_keras.weights.layouts import LAYOUTS, Layout, Slot

NAME = "toy_small"


@dataclasses.dataclass(frozen=True)
class ToySpec:
    """A convolution of so many filters, BatchNorm, Dropout, and a head."""

    filters: int = 8
    endpoints = ("normed", "pre_logits", "logits")
    batch_statistics = True

    def parameters(self, num_classes=None, channels=3, image_size=None):
        head = (self.filters + 1) * (num_classes or 0)
        return 9 * channels * self.filters + 2 * self.filters + head

    def multiply_adds(self, image_size, channels=3):
        return 9 * channels * self.filters * image_size[0] * image_size[1]

    def activations(self, image_size):
        return 3 * self.filters * image_size[0] * image_size[1]


def toy_network(spec, *, num_classes, channels, image_size, normalization, dtype, name):
    inputs = keras.Input((None, None, channels), name="images")
    x = layers.PixelNormalization(normalization, dtype=dtype)(inputs)
    x = keras.layers.Conv2D(
        spec.filters, 3, padding="same", use_bias=False, dtype=dtype, name="convolution"
    )(x)
    x = keras.layers.BatchNormalization(synchronized=True, dtype=dtype, name="norm")(x)
    x = keras.layers.ReLU(dtype=dtype, name="normed")(x)
    x = layers.Dropout(0.25, dtype=dtype, name="dropout")(x)
    x = keras.layers.GlobalAveragePooling2D(dtype="float32", name="pre_logits")(x)
    if num_classes is not None:
        x = keras.layers.Dense(
            num_classes, kernel_initializer="zeros", dtype="float32", name="logits"
        )(x)
    return ImageModel(inputs, x, name=name)


def toy_slots(model):
    """The kernel is stored (out, in, height, width), and the head transposed."""
    names = [layer.name for layer in model.layers]
    if "convolution" not in names:
        return {}
    kernel = model.get_layer("convolution").kernel
    height, width, inputs, outputs = kernel.shape
    slots = {
        "toy.convolution": Slot(
            kernel,
            (outputs, inputs, height, width),
            convert=lambda array: array.transpose(2, 3, 1, 0),
            restore=lambda array: array.transpose(3, 2, 0, 1),
        )
    }
    norm = model.get_layer("norm")
    for key in ("gamma", "beta", "moving_mean", "moving_variance"):
        variable = getattr(norm, key)
        slots[f"toy.{key}"] = Slot(variable, tuple(variable.shape))
    if "logits" in names:
        head = model.get_layer("logits")
        shape = tuple(reversed(head.kernel.shape))
        slots["toy.head"] = Slot(head.kernel, shape, np.transpose, np.transpose)
        slots["toy.head_bias"] = Slot(head.bias, tuple(head.bias.shape))
    return slots


def toy_rule(facts):
    return Recipe(
        name="toy",
        resize=20,
        crop=16,
        share=0.8,
        interpolation="bicubic",
        antialias=True,
        batch_size=16,
        steps=max(12, facts.num_examples // 1000),
        base_lr=0.1,
        schedule="cosine",
    )


def pairs_rule(facts):
    recipe = dataclasses.replace(toy_rule(facts), name="toy_pairs", views=2)
    return dataclasses.replace(recipe, objective="toy_pairs")


class Pairs:
    """Finds the second view of each image among those of the whole batch."""

    separable = False
    views = 2
    logs = ("accuracy",)
    loss = None

    def __init__(self, recipe):
        pass

    def network(self, network):
        return network

    def sums(self, forward, batch):
        (images,) = batch
        features = forward(tf.reshape(images, [-1, *images.shape[2:]]))
        first, second = (tf.math.l2_normalize(features[n::2], -1) for n in (0, 1))
        replicas = tf.distribute.get_replica_context()
        place = replicas.replica_id_in_sync_group * first.shape[0]
        if replicas.num_replicas_in_sync > 1:
            second = replicas.all_gather(second, axis=0)
        logits = 5 * tf.matmul(first, second, transpose_b=True)
        labels = place + tf.range(first.shape[0])
        each = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
        hits = tf.argmax(logits, -1, tf.int32) == labels
        return {"loss": tf.reduce_sum(each), "accuracy": tf.reduce_sum(_float(hits))}


def _float(values):
    return tf.cast(values, tf.float32)


class PairsTask:
    """Images alone, no head, no test."""

    def open(self, source, seed):
        return source.open(seed, labelled=False)

    def metrics(self, data, recipe):
        return ()

    def batches(self, data, recipe, start, share):
        train = data.part("train")
        return training_batches(train, recipe, None, start=start, share=share)

    def sized(self, recipe, data, choice, settings):
        return recipe

    def begin(self, network, data, recipe, told):
        return ""

    def write_results(self, run, data, learner, state):
        network, _ = final_network(run, learner, state)
        save_network(run, network)
        run.write("metrics.json", {"seconds": state.seconds})

    def headline(self, metrics):
        return "pairs were learned"


FAMILY = Family(
    name="toy",
    variants={"small": ToySpec()},
    networks={NAME: "small"},
    normalization="imagenet",
    preprocessing=Preprocessing(crop=16, share=0.8),
    rule="toy",
)
LAYOUT = Layout(
    title="a toy file",
    recognizes=lambda names: any(name.startswith("toy.") for name in names),
    slots=toy_slots,
    head=("toy.head", "toy.head_bias"),
    describe=lambda shapes: f"{len(shapes)} arrays",
)
LINES = (
    (families.FAMILIES, "toy", FAMILY),
    (BUILDERS, "toy", toy_network),
    (LAYOUTS, "toy", LAYOUT),
    (RULES, "toy", Rule(toy_rule)),
    (RULES, "toy_pairs", Rule(pairs_rule, task="toy_pairs", command="pretrain")),
    (OBJECTIVES, "toy_pairs", Pairs),
    (TASKS, "toy_pairs", PairsTask()),
)


@contextlib.contextmanager
def lines():
    """Makes the tables know the toys; a context within a context changes nothing."""
    if NAME in families.names():
        yield
        return
    for table, name, value in LINES:
        table[name] = value
    CHOICES["objective"].append("toy_pairs")
    try:
        yield
    finally:
        CHOICES["objective"].remove("toy_pairs")
        for table, name, _ in LINES:
            del table[name]


def kill_at(step):
    """Ends this process without a warning once that step is saved."""
    save = Checkpoints.save

    def save_and_die(checkpoints, learner, facts):
        save(checkpoints, learner, facts)
        if facts["step"] == step:
            os.kill(os.getpid(), signal.SIGKILL)

    Checkpoints.save = save_and_die


if __name__ == "__main__":
    from bit_keras.commands import main

    kill_at(int(os.environ.get("KILLED_AT", -1)))
    if "TWO_DEVICES" in os.environ:
        tf.config.set_logical_device_configuration(
            tf.config.list_physical_devices("CPU")[0],
            [tf.config.LogicalDeviceConfiguration()] * 2,
        )
    with lines():
        sys.exit(main())
