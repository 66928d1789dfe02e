"""The figures of images that have several labels each, or none."""

import numpy as np
from sklearn import metrics

from bit_keras.evaluation import THRESHOLD

SMALLEST_PROBABILITY = 1e-7


def summarize_labels(probabilities, labels, class_names):
    """Gives the figures of independent yes-or-no answers as plain data.

    Args:
        probabilities: float32 array (examples, classes), of sigmoids.
        labels: array (examples, classes) of 0 and 1.
        class_names: list of str, one per class.

    Returns:
        dict with `examples`; `mean_average_precision`, over the classes that an
        example has; `micro_f1`, F1 of all answers together, and `exact_match`, the
        share of examples without a wrong answer, where yes begins at 0.5, all in
        0..1; `loss`, the binary cross-entropy in nats, summed over the classes,
        mean over the examples; `confusion`, None; and `per_class`, a list in class
        order of dicts with name, examples, average_precision, recall, precision and
        f1 in 0..1, None where undefined (such as the recall of a class without
        examples). A mean or F1 of nothing is 0.
    """
    answers = probabilities >= THRESHOLD
    per_class = _per_class(probabilities, labels, answers, class_names)
    return {
        "examples": len(labels),
        "mean_average_precision": _mean(row["average_precision"] for row in per_class),
        "micro_f1": float(
            metrics.f1_score(labels, answers, average="micro", zero_division=0)
        ),
        "exact_match": float((answers == labels).all(axis=-1).mean()),
        "loss": binary_cross_entropy(probabilities, labels),
        "confusion": None,
        "per_class": per_class,
    }


def _per_class(probabilities, labels, answers, class_names):
    precision, recall, f1, _ = metrics.precision_recall_fscore_support(
        labels, answers, zero_division=np.nan
    )
    counts = labels.sum(axis=0, dtype="int64")
    average_precisions = _average_precisions(probabilities, labels)
    return [
        {
            "name": name,
            "examples": int(counts[i]),
            "average_precision": average_precisions[i],
            "recall": _defined(recall[i]),
            "precision": _defined(precision[i]),
            "f1": _defined(f1[i]),
        }
        for i, name in enumerate(class_names)
    ]


def mean_average_precision(probabilities, labels):
    """Gives the mean over the classes that an example has, in 0..1; 0 without any.

    Args:
        probabilities: float32 array (examples, classes).
        labels: array (examples, classes) of 0 and 1.
    """
    return _mean(_average_precisions(probabilities, labels))


def _average_precisions(probabilities, labels):
    """Gives one for each class, None of a class without examples."""
    pairs = zip(labels.T, probabilities.T, strict=True)
    return [
        float(metrics.average_precision_score(*pair)) if pair[0].any() else None
        for pair in pairs
    ]


def _mean(average_precisions):
    known = [value for value in average_precisions if value is not None]
    return float(np.mean(known)) if known else 0.0


def _defined(value):
    return None if np.isnan(value) else float(value)


def binary_cross_entropy(probabilities, labels):
    """Gives the loss of sigmoids in nats: summed over classes, mean over examples.

    Args:
        probabilities: float32 array (examples, classes).
        labels: for each example an array (classes,) of 0 and 1.
    """
    total = 0.0
    # Row by row, as float64 arrays of thousands of classes would fill the memory.
    for row, right in zip(probabilities, labels, strict=True):
        row = row.astype("float64")
        # Of a certainty that float32 holds as 0 or 1 the loss would be infinite.
        given = np.where(right, row, 1 - row)
        total -= np.log(np.maximum(given, SMALLEST_PROBABILITY)).sum()
    return float(total / len(probabilities))


def most_confident_wrong_answers(predictions, count=16):
    """Gives up to `count` examples with a wrong answer, the most certain first.

    Of each example only the most certain wrong answer is told.

    Args:
        predictions: `Predictions` of sigmoids.

    Returns:
        list of dicts: `index`, the example's place in the dataset; `label`, a class
        number; `present`, whether the example has it; `probability`, in 0..1, that
        was given to the contrary.
    """
    contrary = np.abs(predictions.labels - predictions.probabilities)
    worst = contrary.argmax(axis=-1)
    certainty = contrary[np.arange(len(worst)), worst]
    wrong = np.flatnonzero(certainty > THRESHOLD)
    order = wrong[np.argsort(-certainty[wrong], kind="stable")][:count]
    return [
        {
            "index": int(i),
            "label": int(worst[i]),
            "present": bool(predictions.labels[i, worst[i]]),
            "probability": float(certainty[i]),
        }
        for i in order
    ]
