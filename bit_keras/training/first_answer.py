"""The first answer: what the weights know of the classes before any training.

A linear head on their features is found in closed form, and every training image is
judged by the head of all others (`evaluation.closed_form`).
"""

import dataclasses
import time

import numpy as np

from bit_keras import recipes
from bit_keras.data.parts import few_at_random
from bit_keras.errors import InputError
from bit_keras.evaluation.closed_form import as_logits, closed_form
from bit_keras.evaluation.features import Features
from bit_keras.evaluation.figures import FIGURES, headline, written
from bit_keras.evaluation.running import Predictions
from bit_keras.evaluation.summaries import summarize
from bit_keras.losses import probabilities
from bit_keras.training.choice import HEAD

LARGEST = 224  # pixels, without being asked
SAMPLE = 500  # images that a size is chosen by
MOST_EXAMPLES = 50_000  # whose features the regression holds in memory
MOST_ALIKE = 4_000  # of a group, which is left out by solving as many equations
SHARE = 0.1  # of the time of a run, at most


def best_size(features, data, preprocessing, sizes, trains=False):
    """Finds the image size at which a head in closed form does best.

    That is by the squared error on what is left out, on at most 500 training images.
    Training gains more from larger images: for it, it is the largest size that does as
    well, within the standard error.

    Args:
        features: `Features` of the network.
        data: `ImageData` with labels.
        preprocessing: `Preprocessing`, whose crop does not matter.
        sizes: those to try, in pixels.
        trains: whether training follows.

    Returns:
        one of `sizes`.
    """
    examples = few_at_random(data.parts["train"], SAMPLE)
    groups = _several([examples])
    sized = [dataclasses.replace(preprocessing, crop=size) for size in sizes]
    heads = {
        size: closed_form(found, examples.labels, data.num_classes, groups=groups)
        for size, found in zip(sizes, features(examples, sized), strict=True)
    }
    best = min(heads, key=lambda size: heads[size].error)
    if not trains:
        return best
    most = heads[best].error + heads[best].standard_error
    return max(size for size, head in heads.items() if head.error <= most)


def resized(recipe, data, network):
    """Gives a recipe for images of the size that suits the weights best.

    That is one no larger than the recipe has; the work stays the same.

    Args:
        recipe: `Recipe`.
        data, network: see `solve_head`.

    Raises:
        InputError: if there are too many examples for a head without training.
    """
    if not recipe.steps:
        _require_few(data)
    sizes = [size for size in _taken_by(network) if size <= recipe.crop]
    features, trains = Features(network), recipe.steps > 0
    size = best_size(features, data, recipe.preprocessing, sizes, trains)
    return recipes.with_equal_work(recipe, size)


def fill_head(network, data, recipe, parts=("train",)):
    """Gives a network the head in closed form, and prints how good it is.

    Args:
        network, data, recipe, parts: see `solve_head`.
    """
    if recipe.steps:
        data = _few(data, recipe)
    found, told = solve_head(Features(network), data, recipe, parts)
    network.get_layer(HEAD).set_weights([found.kernel, found.bias])
    print(f"In closed form: {told}.")


def tell_first_answer(network, data, recipe):
    """Prints the first answer, or why there is none; changes nothing.

    Args:
        network, data, recipe: see `solve_head`.
    """
    began = time.monotonic()
    sizes = [size for size in _taken_by(network) if size <= LARGEST]
    sizes = _affordable(data, recipe, sizes)
    why = _too_many(data)
    if not sizes:
        why = "it would take more than a tenth of the run"
    if why:
        print(f"No first answer without training: {why}.")
        return
    features = Features(network)
    size = best_size(features, data, recipe.preprocessing, sizes)
    tried = dataclasses.replace(recipes.with_crop(recipe, size), test_scale=1.0)
    _, told = solve_head(features, data, tried)
    print(f"After {time.monotonic() - began:.0f} s: {told}; --quick keeps such a head.")


def solve_head(features, data, recipe, parts=("train",)):
    """Finds the head of a network in closed form, and says how good it is.

    Args:
        features: `Features` of the network.
        data: `ImageData` with labels.
        recipe: `Recipe`, for its crop and its loss.
        parts: of the data, whose images are learned from.

    Returns:
        (`ClosedForm` whose scores are logits, a sentence).

    Raises:
        InputError: if there are too many examples, or too few.
    """
    _require_few(data)
    parts = [data.parts[name] for name in parts]
    found = [features(examples, [recipe.preprocessing])[0] for examples in parts]
    labels = np.concatenate([examples.labels for examples in parts])
    groups = _several(parts)
    found = closed_form(np.concatenate(found), labels, data.num_classes, groups=groups)
    found = as_logits(found, labels, recipe.loss)
    return found, _told(found, labels, groups, data.class_names, recipe)


def _several(parts):
    """Gives the groups of examples; None where all, or none, stand alone."""
    groups, first = [], 0
    for examples in parts:
        own = examples.groups
        own = np.arange(examples.count) if own is None else own
        groups.append(first + np.unique(own, return_inverse=True)[1])
        first += examples.count
    groups = np.concatenate(groups)
    return None if len(np.unique(groups)) in (1, len(groups)) else groups


def _taken_by(network):
    """Lists the sizes to try: all, or the only one that a network takes."""
    own = network.input_shape[1]
    return recipes.SIZES if own is None else (own,)


def _few(data, recipe):
    """Keeps as many training images as a tenth of a run has time for, or 500.

    Steps are counted half, because a run that ends with the clock has too many.
    """
    images = int(SHARE * 3 * recipe.steps / 2 * recipe.batch_size)
    images = min(max(SAMPLE, images), MOST_EXAMPLES)
    train = few_at_random(data.parts["train"], images)
    return dataclasses.replace(data, parts={**data.parts, "train": train})


def _affordable(data, recipe, wanted):
    """Lists the sizes, from the smallest, that take no more than a tenth of a run.

    Time is taken to go with the pixels, and three times as long in training.
    """
    count = data.parts["train"].count
    run = 3 * recipe.steps * recipe.batch_size * recipe.crop**2
    sizes, work = [], 0
    for size in wanted:
        work += min(count, SAMPLE) * size**2
        if work + count * size**2 > SHARE * run:
            break
        sizes.append(size)
    return sizes


def _require_few(data):
    if why := _too_many(data):
        raise InputError(f"No head can be found in closed form: {why}.")


def _too_many(data):
    examples = data.parts["train"]
    if not examples.indexed or examples.count > MOST_EXAMPLES:
        return f"there are more than {MOST_EXAMPLES:,} training images"
    groups = _several([examples])
    if (
        groups is not None
        and np.unique(groups, return_counts=True)[1].max() > MOST_ALIKE
    ):
        return f"more than {MOST_ALIKE:,} training images belong together"
    return ""


def _told(found, labels, groups, class_names, recipe):
    judged = Predictions(
        np.asarray(probabilities(found.left_out, recipe.loss)), labels, recipe.loss
    )
    summary = summarize(judged, class_names)
    name, _ = headline(summary)
    figure = written(summary)[name]
    name = "accuracy" if name == FIGURES["top1"] else name
    judged = f"each of the {len(labels):,} training images"
    if groups is not None:
        judged = (
            f"each group of images that belong together, of {len(labels):,} training "
            "images"
        )
    return (
        f"{name} {figure}, which is no test: {judged}, at "
        f"{recipe.preprocessing.crop} px, is judged by a linear head fitted to the "
        "others"
    )
