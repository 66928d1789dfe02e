"""Data sets held in memory: npz files and scikit-learn's digits."""

import zipfile
import zlib

import numpy as np

from bit_keras.data.examples import ArrayExamples
from bit_keras.data.image_data import ImageData
from bit_keras.errors import InputError


def digits(labelled=True):
    """Gives scikit-learn's 1,797 handwritten digits of 8 x 8 pixels."""
    from sklearn.datasets import load_digits

    bunch = load_digits()
    pixels = np.round(bunch.images * (255 / 16)).astype("uint8")[..., np.newaxis]
    labels = bunch.target.astype("int64") if labelled else None
    return ImageData(
        name="digits",
        class_names=tuple("0123456789") if labelled else (),
        parts={"train": ArrayExamples(pixels, labels)},
        image_size=(8, 8),
    )


def open_npz(path, multi_label=False, labelled=True, testing=False):
    """Reads x_train, y_train[, x_test, y_test][, class_names] from an npz file.

    Images are (examples, height, width[, channels]) in 0..255, labels whole numbers or
    texts of shape (examples,) or (examples, 1); with `multi_label` they are 0 and 1 of
    shape (examples, classes), and without labels x_train is enough. For testing, x_test
    and y_test are, and classes may be missing in any split.

    Raises:
        InputError: if the file is damaged, or its arrays are missing or do not fit.
    """
    arrays = _read(path)
    kinds = ("x", "y") if labelled else ("x",)
    splits = [
        split
        for split in ("train", "test", "val")
        if any(f"{kind}_{split}" in arrays for kind in kinds)
    ]
    if "train" not in splits and not (testing and splits):
        splits.insert(0, "train")  # to be told as missing
    pixels = {split: _pixels(path, arrays, split) for split in splits}
    if len({images.shape[-1] for images in pixels.values()}) > 1:
        shapes = ", ".join(f"x_{s} {images.shape}" for s, images in pixels.items())
        raise InputError(f"The splits of '{path}' differ in channels: {shapes}.")
    class_names, labels = (), dict.fromkeys(splits)
    if labelled:
        labels = {s: _labels(path, arrays, s, multi_label) for s in splits}
        names = arrays.get("class_names")
        if multi_label:
            class_names, labels = _several_labels(path, labels, names)
        else:
            class_names, labels = _one_label(path, labels, names, testing)
    return ImageData(
        name=path.stem,
        class_names=class_names,
        parts={s: ArrayExamples(pixels[s], labels[s]) for s in splits},
        image_size=pixels[splits[0]].shape[1:3],
    )


def _one_label(path, label_arrays, names, testing):
    """Gives the class names, and split -> class numbers (examples,)."""
    labelled = label_arrays.values() if testing else [label_arrays["train"]]
    known = np.unique(np.concatenate(list(labelled)))
    for split, labels in label_arrays.items():
        unknown = np.setdiff1d(labels, known)
        if unknown.size:
            raise InputError(
                f"y_{split} of '{path}' holds labels that y_train does not: "
                f"{', '.join(str(value) for value in unknown[:5])}."
            )
    numbers = {s: np.searchsorted(known, labels) for s, labels in label_arrays.items()}
    if names is not None and known.dtype.kind in "iu" and known.max() < len(names):
        known = names[known]
    return tuple(str(name) for name in known), numbers


def _several_labels(path, label_arrays, names):
    """Gives the class names, and split -> 0 and 1 (examples, classes)."""
    first = next(iter(label_arrays))
    classes = label_arrays[first].shape[1]
    for split, labels in label_arrays.items():
        if labels.shape[1] != classes:
            raise InputError(
                f"y_{first} of '{path}' has {classes} classes, y_{split} has "
                f"{labels.shape[1]}."
            )
        if not np.isin(labels, (0, 1)).all():
            raise InputError(
                f"y_{split} of '{path}' holds other values than 0 and 1: with "
                "--multi-label it says of every class whether an image has it."
            )
    if names is None or len(names) != classes:
        names = range(classes)
    tables = {split: labels.astype("int8") for split, labels in label_arrays.items()}
    return tuple(str(name) for name in names), tables


def _read(path):
    try:
        with path.open("rb") as file:
            archive = np.load(file, allow_pickle=False)
            if isinstance(archive, np.ndarray):
                raise ValueError("it is an npy file, one array without a name")
            return {name: archive[name] for name in archive.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise InputError(
            f"'{path}' cannot be read as an npz file, it may be cut off: {error}."
        ) from None


def _pixels(path, arrays, split):
    """Gives uint8 or float32 images (examples, height, width, channels)."""
    pixels = _array(path, arrays, f"x_{split}")
    if pixels.ndim not in (3, 4) or not pixels.size or pixels.dtype.kind not in "uif":
        raise InputError(
            f"x_{split} of '{path}' is numbers (examples, height, width, channels). "
            f"Received: {pixels.shape} of {pixels.dtype}"
        )
    pixels = pixels[..., np.newaxis] if pixels.ndim == 3 else pixels
    if pixels.dtype.kind == "f" and not np.isfinite(pixels).all():
        raise InputError(f"x_{split} of '{path}' holds NaN or infinite values.")
    if pixels.min() < 0 or pixels.max() > 255 or pixels.max() <= 1:
        raise InputError(
            f"x_{split} of '{path}' holds values from {pixels.min():.4g} to "
            f"{pixels.max():.4g}, but pixels are 0..255: scale them."
        )
    return pixels if pixels.dtype == np.uint8 else pixels.astype("float32")


def _labels(path, arrays, split, multi_label):
    """Gives the labels as they are written, (examples,) or (examples, classes)."""
    labels = _array(path, arrays, f"y_{split}")
    if labels.ndim == 2 and labels.shape[1] == 1 and not multi_label:
        labels = labels[:, 0]
    images = arrays[f"x_{split}"]
    shape, kind, kinds = "(examples,)", "whole numbers or texts", "iuU"
    if multi_label:
        shape, kind, kinds = "(examples, classes)", "0 and 1", "biuf"
    if labels.ndim != 1 + multi_label or len(labels) != len(images):
        several = not multi_label and labels.ndim == 2
        raise InputError(
            f"x_{split} of '{path}' is (examples, height, width, channels) and "
            f"y_{split} {shape}. Received: {images.shape} and {labels.shape}"
            f"{'; --multi-label takes such labels of 0 and 1' if several else ''}."
        )
    if labels.dtype.kind not in kinds:
        raise InputError(
            f"y_{split} of '{path}' holds {kind}. Received: {labels.dtype}"
        )
    return labels


def _array(path, arrays, name):
    if name not in arrays:
        raise InputError(
            f"'{path}' has no array '{name}'. It has: "
            f"{', '.join(sorted(arrays)[:10]) or 'none'}."
        )
    return arrays[name]
