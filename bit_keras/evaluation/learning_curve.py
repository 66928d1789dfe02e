"""What twice as many photographs would bring, from what half and a quarter are worth.

Accuracies on a logarithmic scale of their odds lie close to a line over the logarithm
of the number of images, if one looks at few doublings: error rates fall as a power of
it (Hestness et al. 2017, https://arxiv.org/abs/1712.00409), and near 0 and 1 the curve
flattens. More than three sizes were tried, and promised too much where a curve
flattens; docs/fewshot.md has what was measured.
"""

import dataclasses

import numpy as np
from scipy import special, stats
from tqdm import tqdm

from bit_keras.errors import InputError
from bit_keras.evaluation.few_shot import (
    BAR,
    L2,
    SEEDS,
    accuracy,
    drawn,
    first_of_each,
    require_numbers,
)
from bit_keras.evaluation.interval import CONFIDENCE

SHARES = (0.25, 0.5, 1.0)
LEAST_EACH = 4  # so that a quarter of a class is an image


@dataclasses.dataclass(frozen=True)
class LearningCurve:
    """Accuracies with a part of the images, and with twice as many as there are.

    Attributes:
        examples: tuple of int: a quarter of every class, a half, and all images.
        accuracies: float64 array (seeds, 3), in 0..1; with all images all are alike.
        tested: test images.
        forecast, low, high: accuracy to be expected of twice as many images, on the
            same test images, and between what it lies with 95 % confidence.
        line: float64 array (2,): log odds of the accuracy with all images, as fitted,
            and what a doubling adds to them.
    """

    examples: tuple
    accuracies: np.ndarray
    tested: int
    forecast: float
    low: float
    high: float
    line: np.ndarray

    @property
    def accuracy(self):
        """Accuracy with all images."""
        return self.accuracies[0, -1]

    def fitted(self, examples):
        """Gives what the line has for numbers of images; an array of their shape."""
        doublings = np.log2(np.asarray(examples) / self.examples[-1])
        return _accuracies(self.line[0] + self.line[1] * doublings, self.tested)


def learning_curve(features, labels, test, *, num_classes=None, seeds=SEEDS, l2=L2):
    """Fits heads in closed form to parts of the images, and looks ahead.

    Args:
        features, labels, num_classes, l2: see `few_shot.few_shot`.
        test: (features, labels) of the test images.
        seeds: how many times a part is drawn; two at least.

    Returns:
        `LearningCurve`.

    Raises:
        InputError: if there are fewer than four images of each class, on average, or
            fewer than two seeds, or a number is out of range.
    """
    features, labels = np.asarray(features), np.asarray(labels)
    require_numbers(seeds=seeds, l2=l2)
    num_classes = int(labels.max()) + 1 if num_classes is None else num_classes
    require_enough(labels, num_classes, seeds)
    counts = np.bincount(labels, minlength=num_classes)
    accuracies = np.zeros((seeds, len(SHARES)))
    bar = tqdm(total=2 * seeds + 1, desc="fitting the curve", **BAR)
    accuracies[:, -1] = accuracy((features, labels), test, num_classes, l2)
    bar.update()
    for seed in range(seeds):
        order = drawn(labels, num_classes, seed)
        for column, share in enumerate(SHARES[:-1]):
            rows = first_of_each(order, np.ceil(share * counts).astype("int64"))
            known = features[rows], labels[rows]
            accuracies[seed, column] = accuracy(known, test, num_classes, l2)
            bar.update()
    bar.close()
    examples = [int(np.ceil(share * counts).sum()) for share in SHARES]
    return _looking_ahead(tuple(examples), accuracies, len(test[1]))


def require_enough(labels, num_classes, seeds):
    """Raises `InputError` where there are too few images, or seeds, for a curve.

    Args:
        labels, num_classes, seeds: see `learning_curve`.
    """
    if seeds < 2:
        raise InputError(
            "A curve needs two seeds at least, to see how far they differ."
        )
    if len(labels) < LEAST_EACH * num_classes:
        raise InputError(
            f"A curve needs {LEAST_EACH} training images of each class, to see what a "
            f"half and a quarter are worth. Received: {len(labels):,} images of "
            f"{num_classes} classes"
        )


def _looking_ahead(examples, accuracies, tested):
    """Fits the line, and gives the interval in which one more accuracy lies.

    That with all images was seen once, and is off as single draws of a part are; so is
    that with twice as many, whose variance is half of it.
    """
    odds = _log_odds(accuracies, tested)
    means = odds.mean(axis=0)
    seeds = len(odds)
    # Of few images a quarter is rounded, so that it is no whole doubling.
    doublings = np.log2(np.array(examples) / examples[-1])
    solve = np.linalg.pinv(np.stack([np.ones_like(doublings), doublings], axis=1))
    weights = solve.sum(axis=0)  # of the means, in what is one doubling ahead
    variances = odds[:, :-1].var(axis=0, ddof=1)
    single = max(variances.mean(), _least_variance(means[-1], tested))
    variance = single * (0.5 + weights[-1] ** 2)
    variance += (weights[:-1] ** 2 * variances).sum() / seeds
    freedom = variances.size * (seeds - 1)
    reach = stats.t.ppf((1 + CONFIDENCE) / 2, freedom) * np.sqrt(variance)
    ahead = weights @ means + reach * np.array([0, -1, 1])
    forecast, low, high = _accuracies(ahead, tested).tolist()
    return LearningCurve(
        examples, accuracies, tested, forecast, low, high, line=solve @ means
    )


def _least_variance(log_odds, tested):
    """Gives that of half a test image, because images are counted whole."""
    share = special.expit(log_odds)
    return (0.5 / tested / (share * (1 - share))) ** 2


def _log_odds(accuracies, tested):
    """Gives finite ones for 0 and 1, too."""
    right = accuracies * tested
    return np.log((right + 0.5) / (tested - right + 0.5))


def _accuracies(log_odds, tested):
    """Turns `_log_odds` back."""
    right = special.expit(log_odds) * (tested + 1) - 0.5
    return np.clip(right / tested, 0, 1)
