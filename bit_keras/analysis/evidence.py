"""Where in the pictures of a class the evidence for it lies, and whether by chance.

A picture is divided into nine regions: corners of a quarter of its width and height,
the edges between them, and the centre. The share of a region is that of the positive
evidence in the picture, so that every image counts alike.

Objects stand in the centre and heads at the top, so that regions are not to be compared
with their areas, nor top with bottom. But most pictures might as well be mirrored. If
the evidence of each image is that of the image and of its mirror image, then left and
right differ by the pictures alone, and by nothing in the network; and without a reason
in the pictures, each could be mirrored without a difference to the whole. This is what
is tested: by mirroring images at random, with the largest of the differences of all
regions from their mirror images, so that one test in all is made for a class.
"""

import dataclasses

import numpy as np
from scipy import stats

BOUNDS = (0, 0.25, 0.75, 1)  # of the regions, in widths and heights
AREAS = np.outer(np.diff(BOUNDS), np.diff(BOUNDS))
NAMES = (
    ("top left corner", "top edge", "top right corner"),
    ("left edge", "centre", "right edge"),
    ("bottom left corner", "bottom edge", "bottom right corner"),
)
FALSE_ALARMS = 0.005  # per class, of the test alone
TRIALS = 9_999
FEWEST = 9  # images, of fewer no arrangement is rare enough
_AT_ONCE = 512  # trials


@dataclasses.dataclass(frozen=True)
class Finding:
    """A region that has more of the evidence than its area and its mirror image.

    Attributes:
        region: of `NAMES`.
        share, area: its parts of the evidence and of the picture, in 0..1.
        mirror: name of its mirror image.
        mirror_share: the share of that one.
        images: how many were looked at.
        probability: of such a difference, anywhere, by chance.
    """

    region: str
    share: float
    area: float
    mirror: str
    mirror_share: float
    images: int
    probability: float

    def sentence(self, class_name):
        """Says it, and what to do."""
        return (
            f"In '{class_name}' the {self.region} carries {self.share:.0%} of the "
            f"evidence on {self.area:.0%} of the picture, and the {self.mirror} "
            f"{self.mirror_share:.0%}: more than by chance ({self.images:,} images, "
            f"p = {self.probability:.4f}). Look there for a mark that only this class "
            "has."
        )


def region_shares(maps):
    """Gives the share of the positive evidence that lies in each region.

    Args:
        maps: (images, rows, columns).

    Returns:
        float64 (images, 3, 3), from top left; each image adds up to 1, and has NaN
        where no evidence is positive.
    """
    positive = np.maximum(np.asarray(maps, "float64"), 0)
    rows, columns = map(_parts, positive.shape[1:])
    sums = np.einsum("pr,irc,qc->ipq", rows, positive, columns)
    totals = positive.sum(axis=(1, 2))
    totals[totals == 0] = np.nan
    return sums / totals[:, None, None]


def finding(shares, groups=None, seed=0):
    """Finds the region that carries more than its area, by more than chance allows.

    Without a mark, that is where the pictures might as well be mirrored, there is one
    in less than 1 % of the classes. Of several regions the one is given that differs
    most from its mirror image: what a mark adds to the regions beside its own is less,
    but may be as certain. A mark on the right lets the left look better, too.

    Args:
        shares: of `region_shares`, of the maps of images and their mirror images.
        groups: integers (images,): images that belong together are mirrored together.
        seed: of the trials.

    Returns:
        `Finding`, or None.
    """
    known = np.isfinite(shares).all(axis=(1, 2))
    shares = shares[known]
    groups = np.arange(known.size) if groups is None else np.asarray(groups)
    _, groups = np.unique(groups[known], return_inverse=True)
    differences = _sums(shares[..., 0] - shares[..., 2], groups)
    if len(differences) < FEWEST:
        return None
    probabilities = _probabilities(differences, seed)
    here = np.where(differences.sum(axis=0) > 0, 0, 2)
    rows = np.arange(len(NAMES))
    excess = _sums(shares[:, rows, here] - AREAS[rows, here], groups)
    certain = (probabilities <= FALSE_ALARMS) & _clearly_positive(excess)
    if not certain.any():
        return None
    row = int(np.argmax(np.abs(differences.sum(axis=0)) * certain))
    here, there = here[row], 2 - here[row]
    mean = shares.mean(axis=0)
    return Finding(
        region=NAMES[row][here],
        share=float(mean[row, here]),
        area=float(AREAS[row, here]),
        mirror=NAMES[row][there],
        mirror_share=float(mean[row, there]),
        images=len(shares),
        probability=float(probabilities[row]),
    )


def _sums(values, groups):
    sums = np.zeros((groups.max(initial=-1) + 1, *values.shape[1:]))
    np.add.at(sums, groups, values)
    return sums


def _spread(differences):
    spread = np.sqrt((differences**2).sum(axis=0))
    return np.where(spread < 1e-9, np.inf, spread)


def _probabilities(differences, seed):
    """Gives for each column how often chance moves any column as far, by its spread.

    Args:
        differences: (images, columns); each row is as likely its negative.
        seed: of the trials.

    Returns:
        float64 (columns,).
    """
    normed = differences / _spread(differences)
    sizes = np.abs(normed.sum(axis=0))
    generator, larger = np.random.default_rng(seed), np.zeros(len(sizes), "int64")
    for begin in range(0, TRIALS, _AT_ONCE):
        shape = min(_AT_ONCE, TRIALS - begin), len(normed)
        signs = generator.integers(0, 2, shape, "int8") * 2.0 - 1
        largest = np.abs(signs @ normed).max(axis=1)
        # Trials that give the same sums round them otherwise.
        larger += np.count_nonzero(largest[:, None] >= sizes - 1e-9, axis=0)
    return (larger + 1) / (TRIALS + 1)


def _clearly_positive(values):
    """Says of each column whether its mean is above 0, one-sided at 1 %, by Student."""
    error = values.std(axis=0, ddof=1) / np.sqrt(len(values))
    return values.mean(axis=0) > stats.t.ppf(0.99, len(values) - 1) * error


def _parts(count):
    """Gives (3, count): how much of each cell of a row lies in each part of it."""
    edges = np.arange(count + 1) / count
    low, high = np.array(BOUNDS[:-1])[:, None], np.array(BOUNDS[1:])[:, None]
    overlap = np.minimum(edges[1:], high) - np.maximum(edges[:-1], low)
    return np.maximum(overlap, 0) * count
