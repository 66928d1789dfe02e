"""How far an accuracy may be from the truth, because so few images were looked at."""

import math

from scipy import stats

CONFIDENCE = 0.95


def interval(share, examples, confidence=CONFIDENCE):
    """Gives the Wilson interval of a share that was counted.

    Args:
        share: in 0..1, of the examples.
        examples: how many were looked at.
        confidence: in 0..1.

    Returns:
        (low, high) in 0..1, between which the share of all such images lies with this
        confidence.
    """
    counted = stats.binomtest(round(share * examples), examples)
    found = counted.proportion_ci(confidence, method="wilson")
    return float(found.low), float(found.high)


def paired_interval(right, other, confidence=CONFIDENCE):
    """Gives the interval of the difference of two shares of the same examples.

    Examples that are right in both, or wrong in both, say little of a difference, so
    that it is known better than either share.

    Args:
        right, other: bool arrays (examples,).
        confidence: in 0..1.

    Returns:
        (low, high) in -1..1, of the share in `right` less that in `other`.

    Reference: method 10 of Newcombe 1998, "Improved confidence intervals for the
        difference between binomial proportions based on paired data", Statistics in
        Medicine 17, 2635.
    """
    examples = len(right)
    first, second = float(right.mean()), float(other.mean())
    difference = first - second
    (low, high), (other_low, other_high) = (
        interval(share, examples, confidence) for share in (first, second)
    )
    correlation = _correlation(right, other)

    def reach(one, two):
        return math.sqrt(max(one**2 - 2 * correlation * one * two + two**2, 0.0))

    return (
        difference - reach(first - low, other_high - second),
        difference + reach(high - first, second - other_low),
    )


def _correlation(right, other):
    """Gives phi, corrected towards 0 as counts are whole numbers."""
    both, neither = int((right & other).sum()), int((~right & ~other).sum())
    one, two = int((right & ~other).sum()), int((~right & other).sum())
    ways = (both + one) * (two + neither) * (both + two) * (one + neither)
    if not ways:
        return 0.0
    excess = both * neither - one * two
    if excess > 0:
        excess = max(excess - len(right) / 2, 0.0)
    return excess / math.sqrt(ways)


def with_interval(share, examples):
    """Writes a share as "90.00% (69.9 to 97.2)"."""
    low, high = interval(share, examples)
    return f"{share:.2%} ({100 * low:.1f} to {100 * high:.1f})"
