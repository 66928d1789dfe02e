"""Parts of a data set: images held out to test on or to choose by, and few of each."""

import dataclasses

import numpy as np

from bit_keras.data import splits
from bit_keras.errors import InputError


def with_test_part(data, seed):
    """Holds a part "test" of the training images out, where there is none.

    It is 20 % of every class, at random where images have several labels; data that
    have "test" or "val" stay as they are.

    Raises:
        InputError: if nothing can be held out.
    """
    if "test" in data.parts or "val" in data.parts:
        return data
    train = data.parts["train"]
    if not train.indexed:
        raise InputError(f"The data set {data.name} has no test split of its own.")
    kept, held_out = splits.stratified_split(train.labels, seed=seed)
    if not held_out.size:
        raise InputError(
            f"The data set {data.name} has no test split, and one image of every class "
            "only, so none can be held out; add images."
        )
    drawn = "drawn at random" if data.multi_label else "of every class"
    note = (
        f"No test split was given: {len(held_out):,} of {train.count:,} images, "
        f"{splits.TEST_SHARE:.0%} {drawn}, are held out (seed {seed})."
    )
    parts = {"train": train.take(kept), "test": train.take(held_out)}
    return dataclasses.replace(data, parts=parts, notes=(*data.notes, note))


def with_validation_part(data, seed):
    """Holds a part "val" of the training images out, to choose by.

    Data that have both "val" and "test" stay as they are. Else it is 10 % of every
    class, at random where images have several labels or none; a "val" that stood in for
    the test split becomes "test".

    Raises:
        InputError: if nothing can be held out.
    """
    train, parts = data.parts["train"], data.parts
    if "val" in parts and "test" in parts:
        return data
    if not train.indexed:
        return _chosen_and_tested_alike(data)
    labels = train.labels if train.labelled else np.zeros(train.count)
    kept, held_out = splits.stratified_split(
        labels, seed=seed, share=splits.VALIDATION_SHARE
    )
    if not held_out.size:
        of = "of every class " if train.labelled else ""
        raise InputError(
            f"The data set {data.name} has one training image {of}only, so none can be "
            "held out to choose by; add images, or do without evaluations during the "
            "run."
        )
    note = (
        f"{len(held_out):,} of {train.count:,} training images are held out to choose "
        f"by (seed {seed})."
    )
    parts = {"train": train.take(kept), "val": train.take(held_out)}
    if "test" in data.parts or "val" in data.parts:  # else there are no labels
        parts["test"] = data.part("test")
    return dataclasses.replace(data, parts=parts, notes=(*data.notes, note))


def _chosen_and_tested_alike(data):
    if "val" not in data.parts:
        raise InputError(
            f"The data set {data.name} is too large to hold images out of, and has no "
            "validation split of its own; do without evaluations during the run."
        )
    note = (
        f"The data set {data.name} is too large to hold images out of, so its "
        "validation split is both to choose by and to test on."
    )
    return dataclasses.replace(data, notes=(*data.notes, note))


def few_shot(data, count, seed):
    """Keeps `count` training examples of every class.

    Raises:
        InputError: if a class has fewer, or images have several labels, or none.
    """
    train = data.parts["train"]
    if not train.indexed:
        raise InputError(f"The data set {data.name} is too large for few-shot subsets.")
    if not data.labelled:
        raise InputError(
            f"The images of {data.name} have no labels, so there is no such thing as "
            "so many of each class; leave out --examples-per-class."
        )
    if data.multi_label:
        raise InputError(
            f"The images of {data.name} have several labels, so there is no such thing "
            "as so many of each class; leave out --examples-per-class."
        )
    chosen = splits.examples_per_class(train.labels, count, data.class_names, seed=seed)
    return dataclasses.replace(data, parts={**data.parts, "train": train.take(chosen)})
