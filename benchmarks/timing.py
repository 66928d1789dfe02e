"""Times several things turn by turn, so that a busy machine slows all of them alike."""

import statistics
import time


def seconds(variants, rounds):
    """Runs each function of {name: function} once unmeasured, then once a round.

    Returns:
        {name: [seconds of every round]}.
    """
    for function in variants.values():
        function()
    taken = {name: [] for name in variants}
    for _ in range(rounds):
        for name, function in variants.items():
            start = time.perf_counter()
            function()
            taken[name].append(time.perf_counter() - start)
    return taken


def median_ratio(numerators, denominators):
    """Gives the median of the quotients round by round, which share one load."""
    pairs = zip(numerators, denominators, strict=True)
    return statistics.median(above / below for above, below in pairs)
