"""Parts of a data set: images held out to test on or to choose by, and few of each."""

import dataclasses

import numpy as np

from bit_keras.data import splits
from bit_keras.data.image_files import quoted
from bit_keras.errors import InputError, suggestion


def with_test_part(data, seed):
    """Holds a part "test" of the training images out, where there is none.

    It is 20 % of every class, at random where images have several labels, and never a
    part of a group; data that have "test" or "val" stay as they are.

    Raises:
        InputError: if nothing can be held out.
    """
    if "test" in data.parts or "val" in data.parts:
        return data
    train = data.parts["train"]
    if not train.indexed:
        raise InputError(f"The data set {data.name} has no test split of its own.")
    kept, held_out = splits.stratified_split(
        train.labels, seed=seed, groups=train.groups
    )
    if not held_out.size:
        raise InputError(
            f"The data set {data.name} has no test split, and one image of every class "
            "only, or one group of images that belong together, so none can be held "
            "out; add images."
        )
    drawn = "drawn at random" if data.multi_label else "of every class"
    note = (
        f"No test split was given: {len(held_out):,} of {train.count:,} images, "
        f"{splits.TEST_SHARE:.0%} {drawn}, are held out (seed {seed})."
    )
    parts = {"train": train.take(kept), "test": train.take(held_out)}
    notes = (*data.notes, note, *_exceptions(data, held_out))
    return dataclasses.replace(data, parts=parts, notes=notes)


def _exceptions(data, held_out):
    """Gives sentences on groups of several images, and classes with none held out."""
    train = data.parts["train"]
    if train.groups is not None:
        _, sizes = np.unique(train.groups, return_counts=True)
        several = sizes[sizes > 1]
        if several.size:
            yield (
                f"{several.sum():,} of these images belong together; shares give way "
                f"to groups that stay whole: {several.size:,}."
            )
    if train.labelled and not train.multi_label:
        missing = np.setdiff1d(train.labels, train.labels[held_out])
        if missing.size:
            names = quoted(data.class_names[label] for label in missing)
            yield (
                f"No image is held out of the classes {names}: none would be left for "
                "training, or a group be torn."
            )


def all_for_testing(data, class_names):
    """Numbers the labels as a network does, and tests all images of data unsplit.

    Args:
        data: `ImageData`.
        class_names: of the network; () where it has none takes the data's.

    Raises:
        InputError: if the data have classes that the network does not know.
    """
    parts = data.parts
    if parts.keys() == {"train"}:
        parts = {"test": parts["train"]}
    if not class_names or data.class_names == class_names:
        return dataclasses.replace(data, parts=parts)
    numbers = {name: number for number, name in enumerate(class_names)}
    unknown = [name for name in data.class_names if name not in numbers]
    if unknown:
        shown = ", ".join(f"'{name}'" for name in unknown[:10])
        raise InputError(
            f"The data set {data.name} has classes that the network does not know: "
            f"{shown}.{suggestion(unknown[0], class_names)} It knows "
            f"{', '.join(class_names[:10])}{', …' if len(class_names) > 10 else ''}."
        )
    own = np.array([numbers[name] for name in data.class_names])
    parts = {split: _renumbered(p, own, class_names) for split, p in parts.items()}
    return dataclasses.replace(data, parts=parts, class_names=class_names)


def _renumbered(part, numbers, class_names):
    if not part.indexed:
        raise InputError(
            "A data set that is too large to be indexed needs the network's classes in "
            f"the network's order: {', '.join(class_names[:10])}."
        )
    if not part.multi_label:
        return dataclasses.replace(part, labels=numbers[part.labels])
    labels = np.zeros((part.count, len(class_names)), part.labels.dtype)
    labels[:, numbers] = part.labels
    return dataclasses.replace(part, labels=labels)


def with_validation_part(data, seed):
    """Holds a part "val" of the training images out, to choose by.

    Data that have both "val" and "test" stay as they are. Else it is 10 % of every
    class, at random where images have several labels or none, and never a part of a
    group; a "val" that stood in for the test split becomes "test".

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
        labels, seed=seed, share=splits.VALIDATION_SHARE, groups=train.groups
    )
    if not held_out.size:
        of = "of every class " if train.labelled else ""
        raise InputError(
            f"The data set {data.name} has one training image {of}only, or one group "
            "of images that belong together, so none can be held out to choose by; add "
            "images, or do without evaluations during the run (and --minutes)."
        )
    note = (
        f"{len(held_out):,} of {train.count:,} training images are held out to choose "
        f"by (seed {seed})."
    )
    parts = {"train": train.take(kept), "val": train.take(held_out)}
    if "test" in data.parts or "val" in data.parts:  # else there are no labels
        parts["test"] = data.part("test")
    notes = (*data.notes, note, *_exceptions(data, held_out))
    return dataclasses.replace(data, parts=parts, notes=notes)


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


def few_at_random(examples, count):
    """Gives `count` of the examples, always the same ones, or all if they are fewer."""
    if examples.count <= count:
        return examples
    chosen = np.random.default_rng(0).permutation(examples.count)[:count]
    return examples.take(np.sort(chosen))
