"""How much faster this machine is in bfloat16 than in float32."""

import statistics
import time

import tensorflow as tf

from bit_keras import recipes
from bit_keras.models import BiTSpec, bit, for_inference
from bit_keras.training.learner import Learner

SPEC = BiTSpec((1, 1, 1, 1), 1.0)  # every kind of layer of R50x1
SIZE = 128
BATCH = 8
ROUNDS = 5
CLASSES = 10


def bfloat16_gains():
    """Measures training and prediction of a small BiT in both precisions.

    They take turns, so that a busy machine slows all of them alike.

    Returns:
        (training, prediction): how many times as fast each is in bfloat16.
    """
    images = tf.random.uniform((BATCH, SIZE, SIZE, 3), maxval=255.0)
    labels = tf.one_hot(tf.range(BATCH) % CLASSES, CLASSES)
    steps = {}
    for dtype in ("float32", "mixed_bfloat16"):
        network = bit(SPEC, num_classes=CLASSES, dtype=dtype)
        predict = tf.function(for_inference(network))
        recipe = recipes.Recipe(
            resize=SIZE, crop=SIZE, batch_size=BATCH, steps=100, precision=dtype
        )
        train = tf.function(Learner(network, recipe).train_step)
        steps["training", dtype] = lambda f=train: f((images, labels))["loss"]
        steps["prediction", dtype] = lambda f=predict: f(images)
    for step in steps.values():
        step().numpy()
    taken = {key: [] for key in steps}
    for _ in range(ROUNDS):
        for key, step in steps.items():
            began = time.perf_counter()
            step().numpy()
            taken[key].append(time.perf_counter() - began)
    return tuple(
        statistics.median(taken[kind, "float32"])
        / statistics.median(taken[kind, "mixed_bfloat16"])
        for kind in ("training", "prediction")
    )
