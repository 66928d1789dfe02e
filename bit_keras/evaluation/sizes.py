"""What a network says of the same images at several sizes and shares of the centre."""

import dataclasses

import numpy as np
from scipy import stats
from tqdm import tqdm

from bit_keras.evaluation.interval import CONFIDENCE, interval, paired_interval
from bit_keras.evaluation.multi_label import mean_average_precision
from bit_keras.evaluation.running import Classifier, Predictions, joined
from bit_keras.preprocessing import Preprocessing

BAR = {"desc": "evaluating", "unit": "batch", "delay": 1, "leave": False}
MOST_GROUPS = 20  # of examples


@dataclasses.dataclass(frozen=True)
class Outcome:
    """How well a network did on images that became squares in one way.

    Attributes:
        preprocessing: the way.
        figure: name in `figures.FIGURES`: "top1" or, where examples have any number of
            labels, "mean_average_precision".
        value: of the figure, in 0..1.
        right: whether the most probable class is that of the example, bool array
            (examples,); None with any number of labels.
        predictions: `Predictions`; None with one label each, of which `right` is kept.
    """

    preprocessing: Preprocessing
    figure: str
    value: float
    right: np.ndarray | None = None
    predictions: Predictions | None = None

    @property
    def interval(self):
        """(low, high) with 95 % confidence; None of what is no share of examples."""
        return None if self.right is None else interval(self.value, len(self.right))


@dataclasses.dataclass(frozen=True)
class Difference:
    """How much better the best of several ways is than another one.

    Attributes:
        value: of the figure of the best less that of the other, in -1..1.
        low, high: between which it lies with 95 % confidence for all such images,
            though the best was chosen by these ones.
    """

    value: float
    low: float
    high: float


def evaluate_sizes(networks, batches, preprocessings, *, loss, multi_label):
    """Runs a network over images at all sizes and shares, in one pass.

    Args:
        networks: {size in pixels: model whose output is logits (batch, classes)}; a
            model may take several sizes.
        batches: see `bit_keras.data.batches.batches_of_several`.
        preprocessings: list of `Preprocessing`, those of the batches.
        loss, multi_label: see `running.classify`.

    Returns:
        list of `Outcome`, one for each preprocessing.

    Raises:
        InputError: as `running.classify`.
    """
    classifiers = {
        network: Classifier(network, loss, multi_label)
        for network in {*networks.values()}
    }
    specs, targets_spec = batches.element_spec
    ask = [
        classifiers[networks[way.crop]].of(spec, targets_spec)
        for way, spec in zip(preprocessings, specs, strict=True)
    ]
    parts = [[] for _ in preprocessings]
    bar = tqdm(
        total=int(batches.cardinality()) * len(parts),
        smoothing=0,  # large images take longer, but in every round
        **BAR,
    )
    with bar:
        for images, targets in batches:
            for pixels, predictions_of, own in zip(images, ask, parts, strict=True):
                answers = predictions_of(pixels, targets)
                # Probabilities of many classes, in all ways, would fill the memory.
                own.append(answers if multi_label else _right(answers))
                bar.update()
    return [_outcome(*pair) for pair in zip(preprocessings, parts, strict=True)]


def _right(predictions):
    labels = predictions.labels
    if predictions.multi_label:
        labels = labels.argmax(axis=-1)
    return predictions.predicted == labels


def _outcome(preprocessing, parts):
    if not parts or isinstance(parts[0], Predictions):
        predictions = joined(parts)
        if (predictions.labels.sum(axis=-1) != 1).any():
            answers = predictions.probabilities, predictions.labels
            value = mean_average_precision(*answers)
            figure = "mean_average_precision"
            return Outcome(preprocessing, figure, value, predictions=predictions)
        parts = [_right(predictions)]
    right = np.concatenate(parts)
    return Outcome(preprocessing, "top1", float(right.mean()), right=right)


def difference(best, other, ways):
    """Gives the `Difference` of the best of several ways and another one.

    Its interval is so wide that with 95 % confidence it holds for all ways alike, the
    best being chosen among them by these very images (Bonferroni).

    Args:
        best, other: `Outcome`s.
        ways: how many there are.
    """
    confidence = 1 - (1 - CONFIDENCE) / max(1, ways - 1)
    value = best.value - other.value
    if best.right is not None:
        low, high = paired_interval(best.right, other.right, confidence)
        return Difference(value, low, high)
    reach = _reach(best.predictions, other.predictions, confidence)
    return Difference(value, value - reach, value + reach)


def _reach(predictions, other, confidence):
    """Gives how far a difference of mean average precisions may be off.

    By the jackknife: each group of examples is left out once.
    """
    groups = max(2, min(MOST_GROUPS, len(predictions.labels)))
    group = np.arange(len(predictions.labels)) % groups
    found = []
    for left_out in range(groups):
        kept = group != left_out
        one, two = (
            mean_average_precision(each.probabilities[kept], each.labels[kept])
            for each in (predictions, other)
        )
        found.append(one - two)
    error = np.sqrt((groups - 1) * np.var(found))
    return float(error * stats.t.ppf((1 + confidence) / 2, groups - 1))
