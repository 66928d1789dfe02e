"""Classification: a network's probabilities over a dataset, and what they say."""

import contextlib
import dataclasses
import warnings

import numpy as np
import tensorflow as tf
from sklearn import metrics
from tqdm import tqdm

from bit_keras.errors import InputError
from bit_keras.evaluation.multi_label import SMALLEST_PROBABILITY, summarize_labels

# What `summarize` may give, the figure that says most first.
FIGURES = {
    "top1": "top-1 accuracy",
    "top5": "top-5 accuracy",
    "macro_recall": "macro recall",
    "mean_average_precision": "mean average precision",
    "micro_f1": "micro F1",
    "exact_match": "exact match",
    "loss": "cross-entropy",
}
# Whether more (1) or less (-1) of a figure is better.
METRICS = {name: -1 if name == "loss" else 1 for name in FIGURES}
# Above this many classes the matrix no longer fits in memory as lists of numbers.
MOST_CLASSES_IN_CONFUSION = 2_000


@dataclasses.dataclass(frozen=True)
class Predictions:
    """What a network said about every example of a dataset, in the dataset's order.

    Attributes:
        probabilities: float32 array (examples, classes); of a softmax, so that each
            row sums to 1, or of sigmoids.
        labels: of a softmax the true class of each example, int64 array (examples,);
            of sigmoids 0 and 1, int8 array (examples, classes).
    """

    probabilities: np.ndarray
    labels: np.ndarray

    @property
    def multi_label(self):
        """Whether an example may have several labels, or none."""
        return self.labels.ndim == 2

    @property
    def predicted(self):
        """The most probable class of each example, int64 array (examples,)."""
        return self.probabilities.argmax(axis=-1)


def classify(model, dataset, *, loss="softmax", description=""):
    """Runs `model` over `dataset` once and gives its `Predictions`.

    Args:
        model: a model whose output is logits (batch, classes), of any float type.
        dataset: finite `tf.data.Dataset` of (images, labels (batch, classes)), one-hot
            or with "sigmoid" any 0 and 1; the last batch may be smaller.
        loss: "softmax", or "sigmoid" for a network that judges each class by itself.
        description: text before the progress bar, shown on stderr after a second.

    Raises:
        InputError: the dataset is empty, it and the network have different class
            counts, or a probability is not a number.
    """
    return Classifier(model, loss)(dataset, description)


class Classifier:
    """`classify` for several turns: the graph of the network is made once."""

    def __init__(self, model, loss="softmax"):
        @tf.function(reduce_retracing=True)
        def step(images, targets):
            logits = tf.cast(model(images, training=False), tf.float32)
            if loss == "sigmoid":
                return tf.sigmoid(logits), tf.cast(targets, tf.int8)
            return tf.nn.softmax(logits), tf.argmax(targets, axis=-1)

        self._step = step

    def __call__(self, dataset, description=""):
        batches = int(dataset.cardinality())
        bar = tqdm(
            dataset,
            total=batches if batches >= 0 else None,
            desc=description,
            unit="batch",
            delay=1,
            leave=False,
        )
        probabilities, labels = [], []
        for images, targets in bar:
            batch_probabilities, batch_labels = self._step(images, targets)
            probabilities.append(batch_probabilities.numpy())
            labels.append(batch_labels.numpy())
            _check_batch(probabilities[-1], targets)
        if not labels:
            raise InputError(
                "The dataset to evaluate on has no examples; "
                "choose another split or another dataset."
            )
        return Predictions(np.concatenate(probabilities), np.concatenate(labels))


def _check_batch(probabilities, targets):
    classes = probabilities.shape[-1]
    if targets.shape[-1] != classes:
        raise InputError(
            f"The network tells {classes} classes apart but the dataset has "
            f"{targets.shape[-1]}; evaluate it on the classes it was trained for."
        )
    if np.isnan(probabilities).any():
        raise InputError(
            "The network's probabilities are NaN (not a number): its weights are "
            "damaged or its training diverged; train again with a lower base_lr "
            "or load other weights."
        )


def summarize(predictions, class_names):
    """Gives the usual figures of `predictions` as plain data that JSON can hold.

    Args:
        predictions: `Predictions` of at least one example.
        class_names: list of str, one per class, in the order of the labels.

    Returns:
        dict with `examples`; `top1` and `top5` in 0..1 (`top5` only when there are
        more than 5 classes); `macro_recall`, the mean of the classes' recalls;
        `loss`, the mean cross-entropy in nats; `per_class`, a list in class order of
        dicts with name, examples, recall, precision and f1 in 0..1, None where
        undefined (such as the recall of a class without examples); and `confusion`,
        one list per true class of the number of examples put into each predicted
        class, or None above 2,000 classes.

        Of sigmoids it is what `multi_label.summarize_labels` gives, and `top1`, `top5`
        and `macro_recall` of the most probable class only where every example has
        exactly one label.
    """
    probabilities, labels = predictions.probabilities, predictions.labels
    if predictions.multi_label:
        summary = summarize_labels(probabilities, labels, class_names)
        if (labels.sum(axis=-1) == 1).all():
            figures, _ = _of_most_probable(probabilities, labels.argmax(axis=-1))
            summary |= figures
        return summary
    own = probabilities[np.arange(len(labels)), labels].astype("float64")
    figures, columns = _of_most_probable(probabilities, labels)
    summary = {
        "examples": len(labels),
        **figures,
        "loss": float(-np.log(np.maximum(own, SMALLEST_PROBABILITY)).mean()),
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


def _of_most_probable(probabilities, labels):
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


def headline(summary):
    """Gives (name, value in 0..1) of the figure that says most about a network."""
    key = next(key for key in FIGURES if key in summary)
    return FIGURES[key], summary[key]


def metric_names(multi_label, num_classes):
    """Lists the `METRICS` that `summarize` gives for such data.

    Args:
        multi_label: bool. Whether an image may have several labels.
        num_classes: int.
    """
    if multi_label:
        return ["mean_average_precision", "micro_f1", "exact_match", "loss"]
    return ["top1", *(["top5"] if num_classes > 5 else []), "macro_recall", "loss"]
