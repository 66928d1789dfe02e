"""Few-shot accuracy: a head in closed form on a few images of every class.

Reference: Dosovitskiy et al. 2021, https://arxiv.org/abs/2010.11929, section 4.1, and
fewshot_lsr.py of github.com/google-research/big_vision, whose draws are the same.
"""

import dataclasses

import numpy as np
from tqdm import tqdm

from bit_keras.errors import InputError
from bit_keras.evaluation.closed_form import closed_form

SHOTS = (1, 5, 10, 25)
SEEDS = 5
L2 = 1024.0  # of the reference
BAR = {"unit": "head", "delay": 1, "leave": False}


@dataclasses.dataclass(frozen=True)
class FewShot:
    """What few images of every class are worth.

    Attributes:
        shots: tuple of int: images of each class, or all of a class that has fewer.
        examples: tuple of int: how many images that are in all.
        accuracies: float64 array (seeds, shots), in 0..1.
        tested: images that they are the accuracies of; the least of all seeds.
    """

    shots: tuple
    examples: tuple
    accuracies: np.ndarray
    tested: int

    @property
    def means(self):
        """Mean accuracies over the seeds, float64 array (shots,)."""
        return self.accuracies.mean(axis=0)


def few_shot(
    features, labels, shots=SHOTS, *, test=None, num_classes=None, seeds=SEEDS, l2=L2
):
    """Fits a head to a few images of every class, several times, and tests it.

    Seed s draws with `numpy.random.default_rng(s)`, class after class; the images of
    fewer shots are among those of more. Mean and deviation of features are those of the
    images drawn, and the bias is a feature of 100, see `closed_form`.

    Args:
        features: array (examples, features).
        labels: integer array (examples,).
        shots: numbers of images of each class.
        test: (features, labels) of other images. None takes all that a seed does not
            draw.
        num_classes: int; None goes by the labels.
        seeds: how many times images are drawn, from seed 0 on.
        l2: weight decay. Of several, every head takes the one that errs least on what
            is left out of its own images.

    Returns:
        `FewShot`.

    Raises:
        InputError: if a number is out of range, images have several labels, or none is
            left to test on.
    """
    features, labels = np.asarray(features), np.asarray(labels)
    if labels.ndim != 1:
        raise InputError(
            "Where images have several labels, there is no such thing as so many of "
            f"each class. Received: labels {labels.shape}"
        )
    shots, _ = require_numbers(shots, seeds, l2)
    num_classes = int(labels.max()) + 1 if num_classes is None else num_classes
    accuracies = np.zeros((seeds, len(shots)))
    tested = len(labels) if test is None else len(test[1])
    bar = tqdm(total=accuracies.size, desc="fitting heads", **BAR)
    for seed in range(seeds):
        order = drawn(labels, num_classes, seed)
        chosen = [first_of_each(order, [count] * num_classes) for count in shots]
        images = test or _others(features, labels, chosen[-1])
        tested = min(tested, len(images[1]))
        for column, rows in enumerate(chosen):
            known = features[rows], labels[rows]
            accuracies[seed, column] = accuracy(known, images, num_classes, l2)
            bar.update()
    bar.close()
    return FewShot(shots, tuple(map(len, chosen)), accuracies, tested)


def require_numbers(shots=SHOTS, seeds=SEEDS, l2=L2):
    """Gives shots and weight decays in order, as tuples.

    Raises:
        InputError: if there are none, or some are out of range.
    """
    shots = tuple(sorted(set(map(int, shots))))
    if not shots or shots[0] < 1:
        raise InputError(f"Shots must be whole numbers from 1. Received: {shots}")
    if seeds < 1:
        raise InputError(f"There must be at least one seed. Received: {seeds}")
    several = tuple(np.sort(np.ravel(l2)).tolist())
    if not several or not (np.isfinite(several).all() and several[0] > 0):
        raise InputError(f"l2 must be above 0. Received: {l2}")
    return shots, several


def drawn(labels, num_classes, seed):
    """Puts the images of every class into the order in which they are drawn.

    Args:
        labels: integer array (examples,).
        num_classes: int.
        seed: int.

    Returns:
        list of int64 arrays of positions, one for each class.
    """
    generator = np.random.default_rng(seed)
    return [
        generator.permutation(np.flatnonzero(labels == label))
        for label in range(num_classes)
    ]


def first_of_each(order, counts):
    """Gives the positions of the first images of every class, class after class.

    Args:
        order: what `drawn` gave.
        counts: sequence of int, one for each class, which may have fewer.
    """
    pairs = zip(order, counts, strict=True)
    return np.concatenate([rows[:count] for rows, count in pairs])


def accuracy(known, test, num_classes, l2):
    """Gives the accuracy in 0..1 of a head in closed form.

    Args:
        known, test: pairs of features and labels, to learn from and to test on.
        num_classes, l2: see `few_shot`.
    """
    found = closed_form(*known, num_classes, l2=l2)
    scores = np.asarray(test[0], "float64") @ found.kernel + found.bias
    return float((scores.argmax(axis=1) == test[1]).mean())


def _others(features, labels, rows):
    others = np.setdiff1d(np.arange(len(labels)), rows)
    if not others.size:
        raise InputError(
            f"No image is left to test on: all {len(labels):,} were drawn; take fewer "
            "shots, or give test images."
        )
    return features[others], labels[others]
