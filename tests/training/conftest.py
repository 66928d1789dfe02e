"""Networks so small that a step takes milliseconds, and two devices to spread it on."""

import dataclasses
import shutil

import keras
import numpy as np
import pytest
import tensorflow as tf

import bit_keras as bk
from bit_keras.data import ImageData
from bit_keras.data.examples import ArrayExamples
from bit_keras.families import bit as bit_family
from bit_keras.models import bit
from bit_keras.recipes import Recipe, parse_assignments
from bit_keras.training import data_record, open_run
from bit_keras.training.learner import Learner
from bit_keras.training.plan import plan
from bit_keras.training.run_folder import Run, RunInfo
from bit_keras.training.settings import Settings
from bit_keras.training.strategies import make_strategy

DIGITS = ("resize=20", "crop=16", "batch_size=16", "steps=4", "warmup_steps=0")
SMALLEST = bit_family.BiTSpec((1,), 0.5)

# Before anything is computed; what names no device still runs on the first.
tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0],
    [tf.config.LogicalDeviceConfiguration()] * 2,
)


@pytest.fixture
def smallest(monkeypatch):
    """Makes `bit_tiny` a network of one unit."""
    monkeypatch.setitem(bit_family.VARIANTS, "tiny", SMALLEST)


@pytest.fixture
def copied(tmp_path):
    """Gives a function: folder of a run -> `Run` in a copy that a test may change."""
    return lambda folder: open_run(shutil.copytree(folder, tmp_path / "copy"))


@pytest.fixture
def run_on(tmp_path):
    """Gives a function: `ImageData`, what was typed, recipe -> `Run` that names them.

    There is no more in it than what tells of the data.
    """

    def write(data, typed=None, recipe=None):
        run = Run(tmp_path / "run")
        info = RunInfo(
            task="classification",
            typed=typed or {},
            data=data.summary(),
            train_fingerprint=data.fingerprint("train"),
            test_fingerprint=data.fingerprint("test"),
            class_names=data.class_names,
            multi_label=False,
            network="bit_tiny",
            weights="from scratch",
            versions={},
        )
        run.write("run.json", dataclasses.asdict(info))
        data_record.write(run, data)
        if recipe is not None:
            run.write("recipe.json", recipe.to_json())
        return run

    return write


@pytest.fixture(scope="session")
def small_network():
    """Gives a function: precision -> a new network of one unit for three classes."""

    def build(precision="float32"):
        keras.utils.set_random_seed(3)
        return bit(SMALLEST, num_classes=3, dtype=precision)

    return build


@pytest.fixture(scope="session")
def double_network():
    """Gives a function: () -> a new network in float64, the same every time."""

    def build():
        keras.utils.set_random_seed(3)
        inputs = keras.Input((16, 16, 3), dtype="float64")
        x = keras.layers.Rescaling(1 / 127.5, -1, dtype="float64")(inputs)
        x = keras.layers.Conv2D(8, 3, activation="relu", dtype="float64")(x)
        x = keras.layers.GlobalAveragePooling2D(dtype="float64")(x)
        outputs = keras.layers.Dense(3, dtype="float64", name="logits")(x)
        return keras.Model(inputs, outputs)

    return build


@pytest.fixture(scope="session")
def small_recipe():
    """Gives a function: fields -> a recipe of 3 steps of 8 images of 16 pixels."""
    recipe = Recipe(resize=16, crop=16, batch_size=8, base_lr=0.01, steps=3)
    return lambda **fields: dataclasses.replace(recipe, **fields)


@pytest.fixture(scope="session")
def small_batch():
    """8 images of 16 pixels and their one-hot labels."""
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (8, 16, 16, 3)).astype("float32")
    return images, np.eye(3, dtype="float32")[[0, 1, 2, 0, 1, 2, 0, 1]]


@pytest.fixture(scope="session")
def batches():
    """Five batches of 8 images of 16 pixels in three classes."""
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (5, 8, 16, 16, 3)).astype("float32")
    labels = generator.integers(0, 3, (5, 8))
    return list(zip(images, np.eye(3, dtype="float32")[labels], strict=True))


@pytest.fixture(scope="session")
def two():
    return make_strategy("mirrored")


@pytest.fixture(scope="session")
def trained():
    """Gives a function (build, recipe, batches, strategy=None) -> (learner, logs).

    The learner has made one step on each batch; the logs are those of the last.
    """
    return _trained


def _trained(build, recipe, batches, strategy=None):
    strategy = strategy or tf.distribute.get_strategy()
    with strategy.scope():
        learner = Learner(build(), recipe)

    @tf.function
    def step(batch):
        return strategy.run(learner.train_step, args=(batch,))

    for batch in batches:
        if strategy.num_replicas_in_sync > 1:
            logs = step(_shared_out(strategy, batch))
        else:
            logs = step(tuple(map(tf.constant, batch)))
    logs = {
        name: float(strategy.experimental_local_results(value)[0])
        for name, value in logs.items()
    }
    return learner, logs


def _shared_out(strategy, batch):
    size = len(batch[0]) // strategy.num_replicas_in_sync

    def part(context):
        first = context.replica_id_in_sync_group * size
        return tuple(tf.constant(x[first : first + size]) for x in batch)

    return strategy.experimental_distribute_values_from_function(part)


@pytest.fixture(scope="session")
def data():
    """Six images of 200 x 300 pixels, of two classes."""
    examples = ArrayExamples(np.zeros((6, 200, 300, 3), "uint8"), np.arange(6) % 2)
    return ImageData(
        "set", ("a", "b"), {"train": examples, "test": examples}, (200, 300)
    )


@pytest.fixture(scope="session")
def many_labels():
    """Six images of 20 x 30 pixels, with none or one of two labels."""
    examples = ArrayExamples(
        np.zeros((6, 20, 30, 3), "uint8"), np.eye(6, 2, dtype="int8")
    )
    return ImageData("set", ("a", "b"), {"train": examples, "test": examples}, (20, 30))


@pytest.fixture(scope="session")
def planned():
    """Gives a function: data, settings -> what `plan` makes for R50x1 with weights."""

    def make(data, pretrained=True, **settings):
        return plan(data, "bit_r50x1", Settings(**settings), pretrained)

    return make


@pytest.fixture
def digits(smallest, tmp_path):
    """Gives a function: name of the run, arguments -> a run on the digits."""

    def run(name, *fields, **arguments):
        return bk.finetune(
            "digits",
            model="bit_tiny",
            output=tmp_path / name,
            changes=parse_assignments((*DIGITS, *fields)),
            **arguments,
        )

    return run
