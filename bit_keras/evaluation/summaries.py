"""What predictions say about a network, as plain data."""

from bit_keras.evaluation.multi_label import summarize_labels
from bit_keras.evaluation.single_label import figures_of_first, summarize_classes


def summarize(predictions, class_names):
    """Gives the usual figures of `predictions` as plain data that JSON can hold.

    Args:
        predictions: `running.Predictions` of at least one example.
        class_names: list of str, one per class, in the order of the labels.

    Returns:
        dict: of one label each what `single_label.summarize_classes` gives; of any
        number what `multi_label.summarize_labels` does, and `top1`, `top5` and
        `macro_recall` of the most probable class where every example has exactly one.
    """
    if not predictions.multi_label:
        return summarize_classes(predictions, class_names)
    probabilities, labels = predictions.probabilities, predictions.labels
    summary = summarize_labels(probabilities, labels, class_names)
    if (labels.sum(axis=-1) == 1).all():
        summary |= figures_of_first(probabilities, labels.argmax(axis=-1))
    return summary
