"""A data set that can be trained on: its parts, its classes, and what to say of it."""

import dataclasses
import hashlib
import json

import numpy as np

from bit_keras.errors import InputError


@dataclasses.dataclass(frozen=True)
class ImageData:
    """A data set that was found, read and checked.

    Args:
        name: short name for the run folder.
        class_names: in label order; () where the images have no labels.
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
        return next(iter(self.parts.values())).channels

    @property
    def num_classes(self):
        """How many classes a network is to tell apart; None without labels."""
        return len(self.class_names) or None

    @property
    def labelled(self):
        """Whether the images have labels."""
        return bool(self.class_names)

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
        """Gives a short text that changes when the split's examples or classes do.

        Where the data lie and the times of files do not matter. The number before the
        colon is that of this way to make it.
        """
        content = json.dumps([self.class_names, self.listing(split)])
        return f"2:{hashlib.sha256(content.encode()).hexdigest()[:16]}"

    def listing(self, split):
        """Lists the examples of a split in their order.

        Returns:
            list of (name, classes, content), three texts: what the example is called
            below the data set, its classes with semicolons between them, and a hash of
            what is in it. A stream has a row for every file, without classes.
        """
        part = self.part(split)
        rows = part.identity()
        classes = [""] * len(rows) if part.labels is None else self.classes_of(part)
        return [
            (name, own, content)
            for (name, content), own in zip(rows, classes, strict=True)
        ]

    def classes_of(self, part):
        """Gives the classes of every example of a part as a text, "" without labels.

        Several stand with semicolons between them.
        """
        names, labels = self.class_names, part.labels
        if labels is None:
            return [""] * part.count
        if part.multi_label:
            return [";".join(names[i] for i in np.flatnonzero(x)) for x in labels]
        return [names[label] for label in labels.tolist()]

    def summary(self):
        """One line: examples of each split, classes, and image size."""
        counts = ", ".join(
            f"{part.count:,} {name}" for name, part in self.parts.items()
        )
        height, width = self.image_size
        if not self.labelled:
            kind = "images without labels"
        elif self.multi_label:
            kind = f"images of {self.num_classes} classes (several labels per image)"
        else:
            kind = f"images of {self.num_classes} classes"
        return f"{self.name}: {counts} {kind}, typically {width} x {height} pixels"


def median_size(heights, widths):
    """Gives the median (height, width) of images, in pixels."""
    return int(np.median(heights)), int(np.median(widths))
