"""From what the user typed after `--dataset` to labelled examples."""

import dataclasses
import hashlib
import os
from pathlib import Path

import numpy as np

from bit_keras.data import splits
from bit_keras.data.record_stream import RecordStream
from bit_keras.errors import InputError
from bit_keras.forms import FORMS


@dataclasses.dataclass(frozen=True)
class ImageData:
    """A data set that was found, read and checked.

    Args:
        name: short name for the run folder.
        class_names: in label order.
        parts: split name ("train", "test", "val") -> examples.
        image_size: median (height, width) in pixels of the images looked at.
        bad: `Verdict`s of the files left out.
        notes: sentences on what was decided for the user.
    """

    name: str
    class_names: tuple[str, ...]
    parts: dict
    image_size: tuple[int, int]
    bad: tuple = ()
    notes: tuple[str, ...] = ()

    @property
    def channels(self):
        return self.parts["train"].channels

    @property
    def multi_label(self):
        """Whether an image has several labels, or none."""
        return any(p.multi_label for p in self.parts.values())

    def part(self, split):
        """Gives the examples of a split; "test" falls back on "val".

        Raises:
            InputError: if there is no such split.
        """
        if split == "test" and "test" not in self.parts and "val" in self.parts:
            split = "val"
        if split not in self.parts:
            raise InputError(
                f"The data set {self.name} has no split '{split}'. It has: "
                f"{', '.join(self.parts)}"
            )
        return self.parts[split]

    def fingerprint(self, split):
        """Gives a short text that changes when the split's examples do."""
        part = self.part(split)
        if part.labels is None:  # too many to be named one by one
            facts = [os.path.basename(file) for file in part.files], part.lengths
            return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]
        names = [os.path.basename(part.name(i)) for i in range(part.count)]
        labels = [] if part.labels is None else part.labels.tolist()
        return hashlib.sha256(repr((names, labels)).encode()).hexdigest()[:16]

    def summary(self):
        """One line: examples of each split, classes, and image size."""
        counts = ", ".join(
            f"{part.count:,} {name}" for name, part in self.parts.items()
        )
        height, width = self.image_size
        several = " (several labels per image)" if self.multi_label else ""
        return (
            f"{self.name}: {counts} images of {len(self.class_names)} classes{several}"
            f", typically {width} x {height} pixels"
        )


def open_dataset(
    dataset, *, data_dir=None, seed=0, bad_images="skip", multi_label=False
):
    """Finds, reads and checks a data set; splits it where it comes unsplit.

    Args:
        dataset: one of the `FORMS`; an existing path wins over a name.
        data_dir: folder of TensorFlow Datasets.
        seed: of the split, where there is none.
        bad_images: "skip" leaves images out that cannot be read, "fail" stops.
        multi_label: an image of a CSV or npz has several labels, or none. Sets of
            TensorFlow Datasets say so by themselves.

    Raises:
        InputError: if it cannot be found or is no classification data set.
    """
    name = str(dataset)
    data = _open(name, data_dir, bad_images, multi_label)
    if multi_label and not data.multi_label:
        raise _one_label_each(name)
    if len(data.class_names) < 2:
        raise InputError(
            f"A classifier needs at least two classes; '{name}' has one only: "
            f"{', '.join(data.class_names) or 'none'}."
        )
    return _with_test_part(data, seed)


def _open(name, data_dir, bad_images, multi_label):
    if not name:
        raise InputError("--dataset is empty; `datasets` says what it takes.")
    path = Path(name)
    if name.startswith("tfds:") or (not path.exists() and _looks_like_name(name)):
        if name == "digits":
            from bit_keras.data.arrays import digits

            return digits()
        from bit_keras.data.tfds_source import open_tfds

        return open_tfds(name.removeprefix("tfds:"), data_dir)
    if not path.exists():
        raise InputError(f"There is no file or folder '{name}'.")
    if path.is_dir():
        from bit_keras.data.folders import open_folder

        if multi_label:  # before every image is checked
            raise _one_label_each(name)
        return open_folder(path, bad_images)
    if path.suffix.lower() == ".csv":
        from bit_keras.data.folders import open_csv

        return open_csv(path, bad_images, multi_label)
    if path.suffix.lower() == ".npz":
        from bit_keras.data.arrays import open_npz

        return open_npz(path, multi_label)
    raise InputError(
        f"'{name}' is no data set. --dataset takes:"
        + "".join(f"\n  {form}" for form in FORMS)
    )


def _one_label_each(name):
    return InputError(
        f"The images of '{name}' have one label each; --multi-label takes a CSV of "
        "path,label[,split] with labels such as 'cat;dog', or an npz whose y_train "
        "holds 0 and 1 of shape (examples, classes)."
    )


def _looks_like_name(name):
    return "/" not in name and "\\" not in name and not name.endswith((".csv", ".npz"))


def _with_test_part(data, seed):
    if "test" in data.parts or "val" in data.parts:
        return data
    train = data.parts["train"]
    if isinstance(train, RecordStream):
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
    class, at random where images have several labels; a "val" that stood in for the
    test split becomes "test".

    Raises:
        InputError: if nothing can be held out.
    """
    train, parts = data.parts["train"], data.parts
    if "val" in parts and "test" in parts:
        return data
    if isinstance(train, RecordStream):
        return _chosen_and_tested_alike(data)
    kept, held_out = splits.stratified_split(
        train.labels, seed=seed, share=splits.VALIDATION_SHARE
    )
    if not held_out.size:
        raise InputError(
            f"The data set {data.name} has one training image of every class only, so "
            "none can be held out to choose by; add images, or do without evaluations "
            "during the run."
        )
    note = (
        f"{len(held_out):,} of {train.count:,} training images are held out to choose "
        f"by (seed {seed})."
    )
    parts = {
        "train": train.take(kept),
        "test": data.part("test"),
        "val": train.take(held_out),
    }
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
        InputError: if a class has fewer, or images have several labels.
    """
    train = data.parts["train"]
    if isinstance(train, RecordStream):
        raise InputError(f"The data set {data.name} is too large for few-shot subsets.")
    if data.multi_label:
        raise InputError(
            f"The images of {data.name} have several labels, so there is no such thing "
            "as so many of each class; leave out --examples-per-class."
        )
    chosen = splits.examples_per_class(train.labels, count, data.class_names, seed=seed)
    return dataclasses.replace(data, parts={**data.parts, "train": train.take(chosen)})


def median_size(heights, widths):
    """Gives the median (height, width) of images, in pixels."""
    return int(np.median(heights)), int(np.median(widths))
