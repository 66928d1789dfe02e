"""The names of the figures that evaluations give, and how they are written."""

from bit_keras.evaluation.interval import with_interval

# What `summarize` may give, the figure that says most first.
FIGURES = {
    "top1": "top-1 accuracy",
    "top5": "top-5 accuracy",
    "macro_recall": "macro recall",
    "mean_average_precision": "mean average precision",
    "micro_f1": "micro F1",
    "exact_match": "exact match",
    "loss": "cross-entropy",
    "squared_error": "squared error",
}
COUNTED = ("top1", "top5", "exact_match")  # shares of the examples
LOSSES = ("loss", "squared_error")  # which have no largest value
# Whether more (1) or less (-1) of a figure is better.
METRICS = {name: -1 if name in LOSSES else 1 for name in FIGURES}


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


def written(summary):
    """Gives the figures of a summary as texts, by their names.

    A share of the examples is followed by its 95 % interval, see `interval`.
    """
    return {
        name: _written(key, summary) for key, name in FIGURES.items() if key in summary
    }


def _written(key, summary):
    if key in LOSSES:
        return f"{summary[key]:.4f}"
    if key in COUNTED:
        return with_interval(summary[key], summary["examples"])
    return f"{summary[key]:.2%}"
