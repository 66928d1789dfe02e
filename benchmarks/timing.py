"""Times several things turn by turn, so that a busy machine slows all of them alike."""

import statistics
import time


def seconds(variants, rounds):
    """Runs each of {name: function} once unmeasured, then once a round.

    Each function returns the seconds that what it measures took; see `timed`.

    Returns:
        {name: [seconds of every round]}.
    """
    for function in variants.values():
        function()
    taken = {name: [] for name in variants}
    for number in range(rounds):
        # There and back, so that none always follows the same other one.
        for name in list(variants)[:: -1 if number % 2 else 1]:
            taken[name].append(variants[name]())
    return taken


def timed(function):
    """Gives a function that runs `function` and returns the seconds it took."""

    def run():
        start = time.perf_counter()
        function()
        return time.perf_counter() - start

    return run


def processor_time(function):
    """Gives a function that returns the seconds of processors that `function` takes."""

    def run():
        start = time.process_time()
        function()
        return time.process_time() - start

    return run


def median_ratio(numerators, denominators):
    """Gives the median of the quotients round by round, which share one load."""
    pairs = zip(numerators, denominators, strict=True)
    return statistics.median(above / below for above, below in pairs)
