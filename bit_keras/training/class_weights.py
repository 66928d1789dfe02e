"""Weights that the images of each class have in the loss."""

import csv
from pathlib import Path

import numpy as np

from bit_keras.errors import InputError


def class_weights(source, data):
    """Gives one weight per class, in class order.

    Args:
        source: "auto" for weights in inverse proportion to the number of training
            images, whose mean over these images is 1; or a CSV file of class,weight.
        data: `ImageData` of one label per image.

    Raises:
        InputError: if the file cannot be used, or the classes cannot be counted.
    """
    train = data.parts["train"]
    if train.multi_label:
        raise InputError("--class-weights is for images of one label each.")
    if source != "auto":
        return _read(source, data.class_names)
    if train.labels is None:
        raise InputError(
            "--class-weights auto counts the images of each class, which "
            f"{data.name} does not allow; name a CSV file of class,weight."
        )
    counts = np.bincount(train.labels, minlength=len(data.class_names))
    weights = train.count / (len(counts) * np.maximum(counts, 1))
    return tuple(round(float(weight), 6) for weight in weights)


def _read(path, class_names):
    try:
        with Path(path).open(newline="", encoding="utf-8") as file:
            rows = [row for row in csv.reader(file) if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            f"--class-weights takes auto or a CSV file of class,weight; '{path}' "
            f"cannot be read ({error})."
        ) from None
    weights = {}
    for row in rows:
        try:
            name, weight = row
            weights[name] = float(weight)
        except ValueError:
            if row != rows[0]:  # else a header
                raise InputError(
                    f"'{path}' must have rows of class,weight. Received: "
                    f"{','.join(row)}"
                ) from None
    wrong = set(class_names) ^ set(weights)
    if wrong:
        raise InputError(
            f"'{path}' must have a weight for every class and nothing else; look at: "
            f"{', '.join(sorted(wrong)[:10])}"
        )
    return tuple(weights[name] for name in class_names)
