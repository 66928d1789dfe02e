"""How far an accuracy may be from the truth, because so few images were looked at."""

from scipy import stats

CONFIDENCE = 0.95


def interval(share, examples):
    """Gives the Wilson interval of a share that was counted.

    Args:
        share: in 0..1, of the examples.
        examples: how many were looked at.

    Returns:
        (low, high) in 0..1, between which the share of all such images lies with 95 %
        confidence.
    """
    counted = stats.binomtest(round(share * examples), examples)
    found = counted.proportion_ci(CONFIDENCE, method="wilson")
    return float(found.low), float(found.high)


def with_interval(share, examples):
    """Writes a share as "90.00% (69.9 to 97.2)"."""
    low, high = interval(share, examples)
    return f"{share:.2%} ({100 * low:.1f} to {100 * high:.1f})"
