"""Two steps of training in a process of their own, whose memory is measured."""

import dataclasses
import json
import sys

import numpy as np
import tensorflow as tf

from bit_keras.models import build
from bit_keras.recipes import Recipe
from bit_keras.training.learner import Learner
from bit_keras.training.memory import peak_memory
from bit_keras.training.objectives import objective


def main(request):
    """Trains two steps and prints the largest memory that the process had, in bytes.

    Args:
        request: dict of the fields of a `memory.Trial`, and `micro_batch`.
    """
    gpus = tf.config.list_physical_devices("GPU")
    for gpu in gpus:
        tf.config.experimental.set_memory_growth(gpu, True)
    recipe = _recipe(request)
    channels, classes = request["channels"], request["num_classes"]
    network = build(
        request["network"],
        num_classes=classes,
        channels=channels,
        **recipe.network,
    )
    learner = Learner(network, recipe)
    views = (recipe.views,) if recipe.views > 1 else ()
    shape = (*views, recipe.crop, recipe.crop, channels)
    # A run has three batches at a time: one in the step, one waiting, one being made.
    held = np.ones((3 * request["part"], *shape), "float32")
    batch = [tf.constant(held[: recipe.batch_size])]
    if classes is not None:
        batch.append(tf.zeros((recipe.batch_size, classes)))
    step = tf.function(learner.train_step)
    for _ in range(2):
        step(tuple(batch))
    if gpus:
        print(tf.config.experimental.get_memory_info("GPU:0")["peak"])
    else:
        print(peak_memory())


def _recipe(request):
    recipe = Recipe.from_json(json.dumps(request["recipe"]))
    images = request["micro_batch"]
    if objective(recipe.objective).separable:
        # Two parts, as one alone would need no sums of gradients.
        images = min(request["part"], 2 * images)
    return dataclasses.replace(
        recipe,
        mix_group=0,
        batch_size=images,
        micro_batch=request["micro_batch"] % images,
    )


if __name__ == "__main__":
    main(json.load(sys.stdin))
