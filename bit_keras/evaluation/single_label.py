"""The figures of images that have one label each."""

import contextlib
import warnings

import numpy as np
from sklearn import metrics

from bit_keras.evaluation.multi_label import (
    SMALLEST_PROBABILITY,
    binary_cross_entropy,
)

# Above this many classes the matrix no longer fits in memory as lists of numbers.
MOST_CLASSES_IN_CONFUSION = 2_000


def summarize_classes(predictions, class_names):
    """Gives the figures of examples that have one label each, as plain data.

    Args:
        predictions: `running.Predictions` whose labels are class numbers.
        class_names: list of str, one per class, in the order of the labels.

    Returns:
        dict with `examples`; `top1` and `top5` in 0..1 (`top5` only when there are
        more than 5 classes); `macro_recall`, the mean of the classes' recalls;
        `loss`, the mean cross-entropy in nats, of sigmoids summed over the classes;
        `per_class`, a list in class order of dicts with name, examples, recall,
        precision and f1 in 0..1, None where undefined (such as the recall of a class
        without examples); and `confusion`, one list per true class of the number of
        examples put into each predicted class, or None above 2,000 classes.
    """
    labels = predictions.labels
    figures, columns = _of_first(predictions.probabilities, labels)
    summary = {
        "examples": len(labels),
        **figures,
        "loss": _cross_entropy(predictions),
        "confusion": None,
        "per_class": _per_class(class_names, *columns),
    }
    if len(class_names) <= MOST_CLASSES_IN_CONFUSION:
        with _without_class_warnings():
            matrix = metrics.confusion_matrix(
                labels, predictions.predicted, labels=range(len(class_names))
            )
        summary["confusion"] = matrix.tolist()
    return summary


def figures_of_first(probabilities, labels):
    """Gives `top1`, `top5` and `macro_recall` of the most probable class.

    Args:
        probabilities: float32 array (examples, classes).
        labels: class numbers, integer array (examples,).
    """
    return _of_first(probabilities, labels)[0]


def _cross_entropy(predictions):
    probabilities, labels = predictions.probabilities, predictions.labels
    if predictions.loss == "sigmoid":
        classes = np.arange(probabilities.shape[-1])
        return binary_cross_entropy(probabilities, (classes == i for i in labels))
    own = probabilities[np.arange(len(labels)), labels].astype("float64")
    return float(-np.log(np.maximum(own, SMALLEST_PROBABILITY)).mean())


def _of_first(probabilities, labels):
    """Gives figures by name, and precision, recall, F1 and count of every class."""
    predicted, classes = probabilities.argmax(axis=-1), range(probabilities.shape[-1])
    figures = {"top1": float((predicted == labels).mean())}
    with _without_class_warnings():
        if len(classes) > 5:
            figures["top5"] = float(
                metrics.top_k_accuracy_score(labels, probabilities, k=5, labels=classes)
            )
        columns = metrics.precision_recall_fscore_support(
            labels, predicted, labels=classes, zero_division=np.nan
        )
    figures["macro_recall"] = float(np.nanmean(columns[1]))
    return figures, columns


@contextlib.contextmanager
def _without_class_warnings():
    with warnings.catch_warnings():
        # Until 1.7, scikit-learn takes many classes of few examples for a regression.
        warnings.simplefilter("ignore", UserWarning)
        yield


def _per_class(class_names, precision, recall, f1, examples):
    return [
        {
            "name": name,
            "examples": int(examples[i]),
            "recall": None if np.isnan(recall[i]) else float(recall[i]),
            "precision": None if np.isnan(precision[i]) else float(precision[i]),
            "f1": None if np.isnan(f1[i]) else float(f1[i]),
        }
        for i, name in enumerate(class_names)
    ]


def most_confident_mistakes(predictions, count=16):
    """Gives up to `count` wrong examples, the most certain mistake first.

    Returns:
        list of dicts: `index`, the example's place in the dataset; `label` and
        `predicted`, class numbers; `probability` in 0..1 of the predicted class.
    """
    predicted = predictions.predicted
    wrong = np.flatnonzero(predicted != predictions.labels)
    certainty = predictions.probabilities[wrong, predicted[wrong]]
    order = np.argsort(-certainty, kind="stable")[:count]
    return [
        {
            "index": int(wrong[i]),
            "label": int(predictions.labels[wrong[i]]),
            "predicted": int(predicted[wrong[i]]),
            "probability": float(certainty[i]),
        }
        for i in order
    ]
