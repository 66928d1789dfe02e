"""Classification: a network's probabilities over a dataset, and what they say."""

import dataclasses
import unicodedata
import warnings

import numpy as np
import tensorflow as tf
from sklearn import metrics
from tqdm import tqdm

from bit_keras.errors import InputError

# Above this many classes the matrix no longer fits in memory as lists of numbers.
MOST_CLASSES_IN_CONFUSION = 2_000
SMALLEST_PROBABILITY = 1e-7
MOST_TABLE_ROWS = 40
WIDEST_NAME = 40


@dataclasses.dataclass(frozen=True)
class Predictions:
    """What a network said about every example of a dataset, in the dataset's order.

    Attributes:
        probabilities: float32 array (examples, classes), each row summing to 1.
        labels: int64 array (examples,), the true class of each example.
    """

    probabilities: np.ndarray
    labels: np.ndarray

    @property
    def predicted(self):
        """The most probable class of each example, int64 array (examples,)."""
        return self.probabilities.argmax(axis=-1)


def classify(model, dataset, *, description=""):
    """Runs `model` over `dataset` once and gives its `Predictions`.

    Args:
        model: a model whose output is logits (batch, classes), of any float type.
        dataset: finite `tf.data.Dataset` of (images, one-hot labels (batch, classes));
            the last batch may be smaller.
        description: text before the progress bar, shown on stderr after a second.

    Raises:
        InputError: the dataset is empty, it and the network have different class
            counts, or a probability is not a number.
    """

    @tf.function(reduce_retracing=True)
    def step(images, targets):
        logits = tf.cast(model(images, training=False), tf.float32)
        return tf.nn.softmax(logits), tf.argmax(targets, axis=-1)

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
        batch_probabilities, batch_labels = step(images, targets)
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
        more than 5 classes); `loss`, the mean cross-entropy in nats; `per_class`, a
        list in class order of dicts with name, examples, recall, precision and f1
        in 0..1, None where undefined (such as the recall of a class without
        examples); and `confusion`, one list per true class of the number of examples
        put into each predicted class, or None above 2,000 classes.
    """
    probabilities, labels = predictions.probabilities, predictions.labels
    predicted, classes = predictions.predicted, range(len(class_names))
    own = probabilities[np.arange(len(labels)), labels].astype("float64")
    summary = {
        "examples": len(labels),
        "top1": float((predicted == labels).mean()),
        "loss": float(-np.log(np.maximum(own, SMALLEST_PROBABILITY)).mean()),
        "confusion": None,
    }
    with warnings.catch_warnings():
        # Until 1.7, scikit-learn takes many classes of few examples for a regression.
        warnings.simplefilter("ignore", UserWarning)
        if len(classes) > 5:
            summary["top5"] = float(
                metrics.top_k_accuracy_score(labels, probabilities, k=5, labels=classes)
            )
        columns = metrics.precision_recall_fscore_support(
            labels, predicted, labels=classes, zero_division=np.nan
        )
        if len(classes) <= MOST_CLASSES_IN_CONFUSION:
            matrix = metrics.confusion_matrix(labels, predicted, labels=classes)
            summary["confusion"] = matrix.tolist()
    summary["per_class"] = _per_class(class_names, *columns)
    return summary


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


def worst_first(per_class):
    """Sorts rows of `per_class` by recall; classes without examples come last."""
    return sorted(per_class, key=lambda row: (row["recall"] is None, row["recall"]))


def format_summary(summary, *, file=None):
    """Writes a summary for the terminal: the figures, then the classes, worst first.

    Args:
        summary: what `summarize` gave.
        file: name of the file that holds every class, told when the table is cut.
    """
    lines = [f"top-1 accuracy  {summary['top1']:7.2%}  of {summary['examples']:,}"]
    if "top5" in summary:
        lines.append(f"top-5 accuracy  {summary['top5']:7.2%}")
    lines.append(f"cross-entropy   {summary['loss']:7.4f}")

    rows = worst_first(summary["per_class"])
    shown, hidden = rows[:MOST_TABLE_ROWS], len(rows) - MOST_TABLE_ROWS
    names = [_fit(row["name"]) for row in shown]
    width = max(_columns(name) for name in [*names, "class"])
    lines += ["", f"{'class':{width}}  examples   recall  precision       f1"]
    for name, row in zip(names, shown, strict=True):
        space = " " * (width - _columns(name))
        recall, precision, f1 = (
            "-" if row[key] is None else f"{row[key]:.1%}"
            for key in ("recall", "precision", "f1")
        )
        lines.append(
            f"{name}{space}  {row['examples']:8,}  {recall:>7}  {precision:>9}  {f1:>7}"
        )
    if hidden > 0:
        where = f", all in {file}" if file else ""
        lines.append(f"… and {hidden:,} more classes{where}")
    return "\n".join(lines)


def _fit(name):
    """Cuts a name to the column and drops what would garble a terminal."""
    name = "".join(c if c.isprintable() else "?" for c in name)
    if _columns(name) <= WIDEST_NAME:
        return name
    while _columns(name) > WIDEST_NAME - 1:
        name = name[:-1]
    return name + "…"


def _columns(text):
    """Counts terminal columns: East Asian letters take two, combining marks none."""
    return sum(
        0 if unicodedata.combining(c) else 1 + (unicodedata.east_asian_width(c) in "WF")
        for c in text
    )
