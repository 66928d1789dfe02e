"""Weights that the images of each class have in the loss."""

from pathlib import Path

import numpy as np

from bit_keras.data.paths import one_form
from bit_keras.data.table import read_table
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
    if not Path(path).is_file():
        raise InputError(
            "--class-weights takes auto or a CSV file of class,weight; there is no "
            f"file '{path}'."
        )
    # Semicolons first: where they stand, commas are those of 0,5.
    header, rows, delimiter = read_table(path, ("class", "weight"), "\t;,|")
    if not header and rows and not any(map(str.isdigit, rows[0].cells[-1])):
        rows = rows[1:]  # a header of other names
    weights = {}
    for row in rows:
        name, weight = _weight(row, header or ("class", "weight"), delimiter)
        if name in weights:
            raise InputError(f"{row.place}: the class '{name}' has a weight already.")
        weights[name] = weight
    wrong = set(class_names) ^ set(weights)
    if wrong:
        raise InputError(
            f"'{path}' must have a weight for every class and nothing else; look at: "
            f"{', '.join(sorted(wrong)[:10])}"
        )
    return tuple(weights[name] for name in class_names)


def _weight(row, columns, delimiter):
    try:
        fields = dict(zip(columns, row.cells, strict=True))
        weight = fields["weight"]
        if delimiter != ",":
            weight = weight.replace(",", ".")
        weight = float(weight)
        if 0 <= weight < float("inf"):
            return one_form(fields["class"]), weight
    except ValueError:
        pass
    raise InputError(
        f"{row.place} must be '{','.join(columns)}', with a weight from 0. Received: "
        f"{row}"
    )
