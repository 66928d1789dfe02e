"""When training must end, so that what comes after it ends in time."""

import time

REPORT_SECONDS = 4  # to draw and write the report, wherever it was measured


def limit_of(recipe, data, began, spent):
    """Gives the `TimeLimit` of a run, or None where it has none.

    Args:
        recipe: `Recipe`.
        data: `ImageData` with images held out.
        began: the moment from which the time counts, of `time.monotonic`.
        spent: seconds of training before this process.
    """
    if not recipe.minutes:
        return None
    end = began + 60 * recipe.minutes - spent
    return TimeLimit(end, data.part("test").count / data.part("val").count)


class TimeLimit:
    """The time of a run that ends with the clock.

    What comes after the training is one more evaluation on the held-out images, and one
    on the test images, for which the graph of the network is made again; how long that
    takes is known from the second evaluation on; the first makes the graph, and may
    take far longer than its images do.

    Args:
        end: of the run, on the clock of `time.monotonic`.
        test_share: test images for every held-out image.
    """

    def __init__(self, end, test_share):
        self._end, self._test_share = end, test_share
        self._first = self._last = 0.0

    def evaluated(self, seconds):
        """Takes how long an evaluation and its checkpoint took.

        Args:
            seconds: float.
        """
        if self._first:
            self._last = seconds
        self._first = max(self._first, seconds)

    @property
    def left(self):
        """Seconds of training that are left, below 0 where it is late."""
        making = self._first - self._last
        evaluations = making + (1 + self._test_share) * self._last
        return self._end - time.monotonic() - evaluations - REPORT_SECONDS
