"""Seeded choices of examples: a held-out part, and so many of each class."""

import numpy as np

from bit_keras.errors import InputError

TEST_SHARE = 0.2
VALIDATION_SHARE = 0.1


def stratified_split(labels, *, seed, share=TEST_SHARE):
    """Splits positions so that every class gives its share to the test part.

    A class of two or more examples has at least one in each part; the only example of
    a class is for training. Where images have several labels, (examples, classes), the
    share is drawn from all of them alike.

    Returns:
        (train, test): sorted int64 arrays of positions.
    """
    generator = np.random.default_rng(seed)
    labels = labels if labels.ndim == 1 else np.zeros(len(labels))
    test = []
    for label in np.unique(labels):
        positions = generator.permutation(np.flatnonzero(labels == label))
        held_out = round(share * len(positions))
        held_out = min(max(held_out, 1), len(positions) - 1)
        test.extend(positions[:held_out])
    test = np.sort(np.asarray(test, "int64"))
    return np.setdiff1d(np.arange(len(labels)), test), test


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
