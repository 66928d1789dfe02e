"""Seeded choices of examples: a held-out part, and so many of each class."""

import numpy as np

from bit_keras.errors import InputError

TEST_SHARE = 0.2
VALIDATION_SHARE = 0.1


def stratified_split(labels, *, seed, share=TEST_SHARE, groups=None):
    """Splits positions so that every class gives its share to the test part.

    A class of two or more examples has at least one in each part; the only example of
    a class is for training. Where images have several labels, (examples, classes), the
    share is drawn from all of them alike. Groups are never torn: those are taken that
    fit into the share of each of their classes, and where none does, the smallest that
    leaves every class an example for training. A class that is one group has none in
    the test part.

    Args:
        labels: integer array (examples,) or (examples, classes).
        seed: of the draw.
        share: of the test part.
        groups: integer array (examples,): what has the same number stays together.

    Returns:
        (train, test): sorted int64 arrays of positions.
    """
    generator = np.random.default_rng(seed)
    labels = labels if labels.ndim == 1 else np.zeros(len(labels))
    _, labels, counts = np.unique(labels, return_inverse=True, return_counts=True)
    groups, members = _members(np.arange(len(labels)) if groups is None else groups)
    wanted = np.clip(np.round(share * counts).astype("int64"), 1, counts - 1)
    held, test = np.zeros_like(counts), np.zeros(len(labels), bool)

    def fits(group, most):
        own = np.bincount(labels[members[group]], minlength=len(counts))
        return (held + own <= most)[own > 0].all()

    def hold_out(group):
        test[members[group]] = True
        np.add.at(held, labels[members[group]], 1)

    for label, want in enumerate(wanted):
        positions = generator.permutation(np.flatnonzero(labels == label))
        drawn = list(dict.fromkeys(groups[positions]))
        for group in drawn:
            if held[label] >= want:
                break
            if not test[members[group][0]] and fits(group, wanted):
                hold_out(group)
        if not held[label]:
            possible = [group for group in drawn if fits(group, counts - 1)]
            for group in sorted(possible, key=lambda group: len(members[group]))[:1]:
                hold_out(group)
    return np.flatnonzero(~test), np.flatnonzero(test)


def _members(groups):
    """Gives groups numbered from 0, and the list of the positions of each."""
    _, groups, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    order = np.argsort(groups, kind="stable")
    return groups, np.split(order, np.cumsum(sizes)[:-1])


def examples_per_class(labels, count, class_names, *, seed):
    """Draws `count` positions of every class, without replacement.

    Raises:
        InputError: if a class has fewer; it says which.
    """
    counts = np.bincount(labels, minlength=len(class_names))
    short = [
        f"'{name}' has {n}"
        for name, n in zip(class_names, counts, strict=True)
        if n < count
    ]
    if short:
        listed = ", ".join(short[:5]) + (", …" if len(short) > 5 else "")
        raise InputError(
            f"--examples-per-class {count} is more than some classes hold: {listed}."
        )
    generator = np.random.default_rng(seed)
    chosen = [
        generator.choice(np.flatnonzero(labels == label), count, replace=False)
        for label in range(len(class_names))
    ]
    return np.sort(np.concatenate(chosen))
