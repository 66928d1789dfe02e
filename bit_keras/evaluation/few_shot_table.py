"""Few-shot accuracies as text for the terminal, and for a file."""

import numpy as np

from bit_keras.evaluation.interval import with_interval
from bit_keras.evaluation.learning_curve import SHARES
from bit_keras.evaluation.tables import aligned


def format_few_shot(found, middle="mean", curve=None):
    """Writes a line for each number of shots.

    Args:
        found: `few_shot.FewShot`.
        middle: "mean" or "median" of the draws.
        curve: `learning_curve.LearningCurve`, of which a sentence is to follow, or
            None.

    Returns:
        text: shots, images in all, the middle with its 95 % interval for so many test
        images, and the lowest and highest of the draws.
    """
    rows = [("shots", "images", middle, "lowest", "highest")]
    middles = getattr(np, middle)(found.accuracies, axis=0)
    for column, (shots, examples) in enumerate(
        zip(found.shots, found.examples, strict=True)
    ):
        own = found.accuracies[:, column]
        rows.append(
            (
                f"{shots:,}",
                f"{examples:,}",
                with_interval(middles[column], found.tested),
                f"{own.min():.2%}",
                f"{own.max():.2%}",
            )
        )
    lines = aligned(rows)
    draws = f"{len(found.accuracies)} draws" if len(found.accuracies) > 1 else "1 draw"
    lines.append(
        f"({found.tested:,} test images, with 95% confidence in brackets; lowest and "
        f"highest of {draws})"
    )
    if curve is not None:
        lines += ["", _forecast(curve)]
    return "\n".join(lines)


def those_short(shots, counts, class_names):
    """Yields a sentence on each number of shots that some class has fewer images than.

    Args:
        shots: numbers of images of each class.
        counts: integer array (classes,): images that there are.
        class_names: one for each class.
    """
    least = counts.argmin()
    for count in shots:
        if short := (counts < count).sum():
            yield (
                f"{count} of each class: {short} of {len(counts)} classes have fewer "
                f"('{class_names[least]}' has {counts[least]}), and all of those are "
                "taken."
            )


def _forecast(curve):
    """Says what twice as many images would bring, and whether that is sure."""
    now, images = curve.accuracy, curve.examples[-1]
    told = (
        f"With all {images:,} training images it is "
        f"{with_interval(now, curve.tested)}. Twice as many would bring "
        f"{curve.forecast:.1%} ({100 * curve.low:.1f} to {100 * curve.high:.1f}) on "
        "these test images"
    )
    if curve.low > now:
        return f"{told}: more of them help."
    if curve.high < now:
        return f"{told}: more of them do not help."
    return f"{told}: whether more of them help is not sure."


def summary_of(found, curve=None):
    """Gives all figures as JSON can hold them.

    Args:
        found: `few_shot.FewShot`.
        curve: `learning_curve.LearningCurve`, or None.
    """
    summary = {
        "test_examples": int(found.tested),
        "shots": _rows("shots", found.shots, found),
    }
    if curve is not None:
        summary["curve"] = _rows("share", SHARES, curve)
        summary["twice_as_many"] = {
            "examples": 2 * curve.examples[-1],
            "forecast": curve.forecast,
            "low": curve.low,
            "high": curve.high,
        }
    return summary


def _rows(name, values, found):
    each = np.transpose(found.accuracies).tolist()
    return [
        {name: value, "examples": examples, "accuracies": accuracies}
        for value, examples, accuracies in zip(
            values, found.examples, each, strict=True
        )
    ]
