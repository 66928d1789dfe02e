"""Data sets held in memory: npz files and scikit-learn's digits."""

import zipfile
import zlib

import numpy as np

from bit_keras.data.examples import ArrayExamples
from bit_keras.data.sources import ImageData
from bit_keras.errors import InputError


def digits():
    """Gives scikit-learn's 1,797 handwritten digits of 8 x 8 pixels."""
    from sklearn.datasets import load_digits

    bunch = load_digits()
    pixels = np.round(bunch.images * (255 / 16)).astype("uint8")[..., np.newaxis]
    return ImageData(
        name="digits",
        class_names=tuple("0123456789"),
        parts={"train": ArrayExamples(pixels, bunch.target.astype("int64"))},
        image_size=(8, 8),
    )


def open_npz(path):
    """Reads x_train, y_train[, x_test, y_test][, class_names] from an npz file.

    Images are (examples, height, width[, channels]) in 0..255, labels whole numbers or
    texts of shape (examples,) or (examples, 1).

    Raises:
        InputError: if the file is damaged, or its arrays are missing or do not fit.
    """
    arrays = _read(path)
    parts, label_arrays = {}, {}
    for split in ("train", "test", "val"):
        if f"x_{split}" in arrays or f"y_{split}" in arrays or split == "train":
            pixels, labels = _pair(path, arrays, split)
            parts[split], label_arrays[split] = pixels, labels
    if len({pixels.shape[-1] for pixels in parts.values()}) > 1:
        shapes = ", ".join(f"x_{s} {pixels.shape}" for s, pixels in parts.items())
        raise InputError(f"The splits of '{path}' differ in channels: {shapes}.")
    known = np.unique(label_arrays["train"])
    names = arrays.get("class_names")
    for split, labels in label_arrays.items():
        unknown = np.setdiff1d(labels, known)
        if unknown.size:
            raise InputError(
                f"y_{split} of '{path}' holds labels that y_train does not: "
                f"{', '.join(str(value) for value in unknown[:5])}."
            )
        parts[split] = ArrayExamples(parts[split], np.searchsorted(known, labels))
    if names is not None and known.dtype.kind in "iu" and known.max() < len(names):
        class_names = tuple(str(names[label]) for label in known)
    else:
        class_names = tuple(str(label) for label in known)
    return ImageData(
        name=path.stem,
        class_names=class_names,
        parts=parts,
        image_size=parts["train"].pixels.shape[1:3],
    )


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


def _pair(path, arrays, split):
    for name in (f"x_{split}", f"y_{split}"):
        if name not in arrays:
            raise InputError(
                f"'{path}' has no array '{name}'. It has: "
                f"{', '.join(sorted(arrays)[:10]) or 'none'}."
            )
    pixels, labels = arrays[f"x_{split}"], arrays[f"y_{split}"]
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    pixels = pixels[..., np.newaxis] if pixels.ndim == 3 else pixels
    if pixels.ndim != 4 or labels.shape != pixels.shape[:1] or not pixels.size:
        raise InputError(
            f"x_{split} of '{path}' is (examples, height, width, channels) and "
            f"y_{split} (examples,). Received: {arrays[f'x_{split}'].shape} and "
            f"{labels.shape}."
        )
    if pixels.dtype.kind not in "uif" or labels.dtype.kind not in "iuU":
        raise InputError(
            f"x_{split} of '{path}' holds numbers and y_{split} whole numbers "
            f"or texts. Received: {pixels.dtype} and {labels.dtype}."
        )
    if pixels.dtype.kind == "f" and not np.isfinite(pixels).all():
        raise InputError(f"x_{split} of '{path}' holds NaN or infinite values.")
    if pixels.min() < 0 or pixels.max() > 255 or pixels.max() <= 1:
        raise InputError(
            f"x_{split} of '{path}' holds values from {pixels.min():.4g} to "
            f"{pixels.max():.4g}, but pixels are 0..255: scale them."
        )
    return pixels if pixels.dtype == np.uint8 else pixels.astype("float32"), labels
