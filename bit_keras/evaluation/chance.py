"""Whether a result is better than no network at all."""

import numpy as np
from scipy import stats

from bit_keras.evaluation.figures import FIGURES, headline
from bit_keras.evaluation.interval import CONFIDENCE


def doubt(summary):
    """Gives a sentence where a result is not clearly above chance, else "".

    Clearly is with 95 % confidence, one-sided. The accuracy of images of one label must
    be above that of guessing and of always naming the commonest class (where there are
    several), by the binomial distribution. The mean average precision of several labels
    must be above that of images in random order, whose mean is exact and whose spread
    is taken rather too large.

    Args:
        summary: what `summaries.summarize` gives.
    """
    counts = np.array([row["examples"] for row in summary["per_class"]])
    examples = summary["examples"]
    name, value = headline(summary)
    if name == FIGURES["top1"]:
        reference = 1 / len(counts)
        told = f"{reference:.1%} come of guessing"
        if (counts > 0).sum() > 1 and counts.max() / examples > reference:
            reference = counts.max() / examples
            told = f"{reference:.1%} come of always naming the commonest class"
        correct = round(value * examples)
        if stats.binom.sf(correct - 1, examples, reference) < 1 - CONFIDENCE:
            return ""
    else:
        reference, spread = _of_random_order(counts[counts > 0], examples)
        if value > reference + stats.norm.ppf(CONFIDENCE) * spread:
            return ""
        told = f"{reference:.1%} come of images in random order"
    return (
        f"This is not clearly above chance: {told} ({examples:,} images, 95 % "
        "confidence). Little was learned that is of use on these images, or they are "
        "too few to tell."
    )


def _of_random_order(counts, examples):
    """Gives mean and standard deviation of the mean average precision."""
    if not len(counts) or examples < 2:
        return 1.0, 0.0
    harmonic = (1 / np.arange(1, examples + 1)).sum()
    means = (counts - 1) / (examples - 1) * (examples - harmonic) + harmonic
    shares = counts / examples
    variances = shares * (1 - shares) / counts
    return means.mean() / examples, np.sqrt(variances.sum()) / len(counts)
