"""Twins: images that are the same but for what an export or a burst of shots changes.

Two images are twins if their perceptual hashes differ in at most `BITS` of 64 and their
thumbnails by less than `DISTANCE`; docs/twins.md has what was measured. Exact copies
are twins whatever their size.
"""

import dataclasses
from collections.abc import Callable

import numpy as np
from scipy import sparse
from tqdm import tqdm

from bit_keras.data.looks import glance, looks_of

BITS = 10
DISTANCE = 0.55
# Arrays and records would be decoded once more to be looked at: at most a minute.
MOST_LOOKED_AT = 20_000
MOST_COMPARED = 100_000  # each with each: a minute
_PAIRS = 1 << 22  # compared at once
_CONFIRMED = 1 << 10  # of which the thumbnails are compared at once


@dataclasses.dataclass(frozen=True)
class Appearance:
    """What twins are found by.

    Args:
        looks: array of str (examples,), see `bit_keras.data.looks`.
        thumbnails: function from an array of positions to uint8 (positions, 32, 32, 3).
    """

    looks: np.ndarray
    thumbnails: Callable

    def take(self, positions):
        """Gives the same of some of the examples."""
        return Appearance(
            self.looks[positions], lambda some: self.thumbnails(positions[some])
        )

    def held(self):
        """Gives the same with all thumbnails in memory, 3 kB each."""
        thumbnails = self.thumbnails(np.arange(len(self.looks)))
        return Appearance(self.looks, thumbnails.__getitem__)


def appearance(examples):
    """Gives the `Appearance` of indexed examples that have looks."""

    def thumbnails(positions):
        few = examples.take(positions)
        pictures = few.one_pass(lambda image, *label: glance(image)[0])
        bar = {"desc": "comparing", "unit": "image", "delay": 2, "leave": False}
        pictures = tqdm(pictures.as_numpy_iterator(), total=few.count, **bar)
        return np.stack(list(pictures))

    return Appearance(examples.looks, thumbnails)


def looked_at(examples):
    """Gives the same examples with looks, where that takes at most a minute."""
    few = examples.indexed and examples.count <= MOST_LOOKED_AT
    if examples.looks is not None or not few:
        return examples
    return dataclasses.replace(examples, looks=looks_of(examples))


def brought_together(examples):
    """Gives the same examples with twins in the same one of their groups.

    Those without looks, or too many to be compared, stay as they are.
    """
    if examples.looks is None or examples.count > MOST_COMPARED:
        return examples
    numbers = group_numbers(appearance(examples), examples.groups)
    return dataclasses.replace(examples, groups=numbers)


def group_numbers(own, groups=None):
    """Finds what belongs together: twins, twins of twins, and what does already.

    Args:
        own: `Appearance`.
        groups: integer array (examples,) of what belongs together already, or None.

    Returns:
        int64 array (examples,): the same number for what belongs together.
    """
    everything = np.arange(len(own.looks))
    numbers = everything
    for known in (exact(own.looks), groups):
        if known is not None:
            _, first, place = np.unique(known, return_index=True, return_inverse=True)
            numbers = _merged(numbers, everything, first[place])

    def apart(rows, columns):
        return numbers[rows] != numbers[columns]

    for rows, columns in _near(own, own, apart):
        numbers = _merged(numbers, rows, columns)
    return numbers


def twins_among(own, others):
    """Finds for every image a twin among other images.

    Args:
        own, others: `Appearance`.

    Returns:
        int64 array (examples,): the position of a twin among the others, or -1.
    """
    known, first = np.unique(exact(others.looks), return_index=True)
    wanted = exact(own.looks)
    place = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    found = np.where(known[place] == wanted, first[place], -1)
    for rows, columns in _near(own, others, lambda rows, columns: found[rows] < 0):
        found[rows] = columns
    return found


def have_twins(examples, others):
    """Says of every example whether it has a twin in any of other parts.

    Args:
        examples: see `bit_keras.data.examples`.
        others: list of such.

    Returns:
        bool array (examples,), or None where not all have looks, or they are too many
        to be compared.
    """
    every = (examples, *others)
    known = all(part.looks is not None for part in every)
    if not known or sum(part.count for part in every) > MOST_COMPARED:
        return None
    own = appearance(examples)
    found = [twins_among(own, appearance(part)) >= 0 for part in others]
    return np.any(found, axis=0)


def exact(looks):
    """Gives the part of looks that only exact copies share, an array of str."""
    return looks.astype("U16")


def _merged(numbers, rows, columns):
    """Gives the numbers of groups of which those of rows and columns became one."""
    size = len(numbers)
    ends = (numbers[rows], numbers[columns])
    graph = sparse.coo_matrix((np.ones(len(rows), bool), ends), shape=(size, size))
    _, merged = sparse.csgraph.connected_components(graph, directed=False)
    return merged[numbers].astype("int64")


def _near(own, others, matters):
    """Yields (positions, positions) of near twins, some at a time.

    `matters` says of pairs (positions, positions) which are of interest; it is asked
    again as what was yielded before changes the answer.
    """
    left, right = _signs(own.looks), _signs(others.looks)
    mine, theirs = np.zeros(len(left), bool), np.zeros(len(right), bool)
    for rows, columns in _similar(left, right, "comparing looks"):
        of_interest = matters(rows, columns)
        mine[rows[of_interest]] = theirs[columns[of_interest]] = True
    mine, theirs = np.flatnonzero(mine), np.flatnonzero(theirs)
    if not mine.size:
        return
    pictures = own.thumbnails(mine)
    # Whatever is similar to others of its own kind is so from both sides.
    other_pictures = pictures if own is others else others.thumbnails(theirs)
    for rows, columns in _similar(left[mine], right[theirs], None):
        for start in range(0, len(rows), _CONFIRMED):
            some, few = (x[start : start + _CONFIRMED] for x in (rows, columns))
            of_interest = matters(mine[some], theirs[few])
            some, few = some[of_interest], few[of_interest]
            near = _distances(pictures[some], other_pictures[few]) < DISTANCE
            if near.any():
                yield mine[some[near]], theirs[few[near]]


def _similar(left, right, description):
    """Yields (rows, columns) of signs that differ in few places, by blocks of rows."""
    size = max(1, _PAIRS // max(1, len(right)))
    starts = range(0, len(left), size)
    bar = {"delay": 2, "leave": False, "disable": description is None}
    for start in tqdm(starts, desc=description, **bar):
        # Of 64 signs with d different ones, the product is 64 - 2 d.
        alike = left[start : start + size] @ right.T >= 64 - 2 * BITS
        rows, columns = np.divmod(np.flatnonzero(alike), len(right))
        yield rows + start, columns


def _signs(looks):
    """Gives perceptual hashes as float32 (looks, 64) of 1 and -1, or of 0 for none."""
    has_hash = np.char.str_len(looks) > 16
    signs = np.zeros((len(looks), 64), "float32")
    digits = bytes.fromhex("".join(look[16:] for look in looks[has_hash]))
    octets = np.frombuffer(digits, "uint8").reshape(-1, 8)
    signs[has_hash] = 2.0 * np.unpackbits(octets, axis=1) - 1.0
    return signs


def _distances(thumbnails, others):
    """Gives root mean squares of differences, whatever brightness and contrast are."""
    difference = _normalized(thumbnails) - _normalized(others)
    return np.sqrt((difference**2).mean(axis=(1, 2, 3)))


def _normalized(thumbnails):
    centred = thumbnails.astype("float32")
    centred -= centred.mean(axis=(1, 2), keepdims=True)
    # The constant is for what is plain in this one of its two images.
    return centred / (centred.std(axis=(1, 2, 3), keepdims=True) + 1.0)
