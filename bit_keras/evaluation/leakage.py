"""What a test says without the images that the network has as good as seen."""

import dataclasses

import numpy as np

from bit_keras.evaluation.figures import FIGURES, headline, written
from bit_keras.evaluation.summaries import summarize


def without_twins(predictions, has_twin, class_names):
    """Gives the figures of the test images that have no twin in training.

    Args:
        predictions: `running.Predictions` of all test images.
        has_twin: bool array (examples,): whether a training image is a twin.
        class_names: list of str, in the order of the labels.

    Returns:
        dict to go into the summary: `twins_in_training`, how many have one, and,
        unless all or none have, `without_twins`, a dict of the `FIGURES` of the others
        and their number, `examples`.
    """
    count = int(np.sum(has_twin))
    told = {"twins_in_training": count}
    if 0 < count < len(has_twin):
        others = dataclasses.replace(
            predictions,
            probabilities=predictions.probabilities[~has_twin],
            labels=predictions.labels[~has_twin],
        )
        summary = summarize(others, class_names)
        kept = [name for name in ("examples", *FIGURES) if name in summary]
        told["without_twins"] = {name: summary[name] for name in kept}
    return told


def twins_told(summary):
    """Gives a sentence on test images with a twin in training, "" if there are none.

    Args:
        summary: what `summaries.summarize` gives, with what `without_twins` does.
    """
    count, examples = summary.get("twins_in_training", 0), summary["examples"]
    if not count:
        return ""
    if "without_twins" not in summary:
        return (
            f"All {examples:,} test images have a twin in training: what the network "
            "makes of other images is not known."
        )
    name, _ = headline(summary)
    return (
        f"{count:,} of {examples:,} test images have a twin in training; without them "
        f"{written(summary['without_twins'])[name]}"
    )
