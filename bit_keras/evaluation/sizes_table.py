"""Accuracies at several sizes and shares as text for the terminal, and for a file."""

from bit_keras.evaluation.figures import FIGURES
from bit_keras.evaluation.interval import with_interval
from bit_keras.evaluation.sizes import difference
from bit_keras.evaluation.tables import aligned

BEST = "*"


def format_sizes(outcomes, own, examples):
    """Writes a row for each size, a column for each share, and what follows from it.

    Args:
        outcomes: list of `sizes.Outcome`, one for each size and share.
        own: that of the network's own preprocessing, one of them or another.
        examples: how many images there are.
    """
    values = {_place(outcome): outcome for outcome in outcomes}
    sizes, shares = (sorted(set(places)) for places in zip(*values, strict=True))
    best = best_of(outcomes)
    rows = [["size", *(share_told(share) for share in shares)]]
    for size in sizes:
        cells = (values[size, share] for share in shares)
        cells = (f"{x.value:.2%}{BEST if x is best else ' '}" for x in cells)
        rows.append([f"{size} px", *cells])
    images = f"{examples:,} images, by size and share of the centre"
    title = f"{FIGURES[best.figure]} of {images}:"
    return "\n".join([title, *aligned(rows), "", _conclusion(outcomes, own)])


def best_of(outcomes):
    """Gives the best of several `sizes.Outcome`s, of equal ones the smallest size."""
    return max(outcomes, key=lambda x: (x.value, -x.preprocessing.crop))


def share_told(share):
    """Says a share of the centre in a word."""
    return f"{share:g}" if share else "whole"


def _conclusion(outcomes, own):
    """Says what the best is, and whether it differs from the network's own."""
    best = best_of(outcomes)
    told = f"The network's own, {_way(own)}: {_value(own)}"
    if best.value <= own.value:
        return f"{told}; none of these is better."
    found = _difference(outcomes, own)
    told = (
        f"The best ({BEST}), {_way(best)}: {_value(best)}\n{told}\n"
        f"The best is better by {100 * found.value:.2f} points ({100 * found.low:.1f} "
        f"to {100 * found.high:.1f}, allowing for its being picked from all of these): "
    )
    if found.low > 0:
        return f"{told}more than chance would make of these images."
    return f"{told}these images are too few to tell the two apart."


def _difference(outcomes, own):
    ways = {_place(outcome) for outcome in (own, *outcomes)}
    return difference(best_of(outcomes), own, len(ways))


def _place(outcome):
    return outcome.preprocessing.crop, outcome.preprocessing.share


def _way(outcome):
    size, share = _place(outcome)
    return f"{size} px, {f'share {share:g}' if share else 'the whole image'}"


def _value(outcome):
    if outcome.right is None:
        return f"{outcome.value:.2%}"
    return with_interval(outcome.value, len(outcome.right))


def summary_of(outcomes, own, examples, split):
    """Gives all figures as JSON can hold them.

    Args:
        outcomes, own, examples: see `format_sizes`.
        split: "train", "test" or "val", which the images are of.
    """
    best, found = best_of(outcomes), _difference(outcomes, own)
    return {
        "figure": best.figure,
        "examples": examples,
        "split": split,
        "interpolation": own.preprocessing.interpolation,
        "antialias": own.preprocessing.antialias,
        "cut_first": own.preprocessing.cut_first,
        "own": _row(own),
        "best": _row(best),
        "difference": {"value": found.value, "low": found.low, "high": found.high},
        "combinations": [_row(outcome) for outcome in outcomes],
    }


def _row(outcome):
    size, share = _place(outcome)
    low, high = outcome.interval or (None, None)
    row = {"size": size, "share": share, "value": outcome.value}
    return row | {"low": low, "high": high}
