"""Reading and writing .npz files of weights."""

import pathlib
import re
import zipfile
import zlib

import numpy as np

from bit_keras.errors import InputError
from bit_keras.files import replacing

UNREADABLE = (zipfile.BadZipFile, zlib.error, ValueError, EOFError, OSError)
NUMBERED = re.compile(r"(?<![^/])(standardized_conv2d)_\d+(?![^/])")


def listing(names):
    """Gives the first ten names and how many there are: "a, b, … (12 in all)"."""
    text = ", ".join(list(names)[:10])
    return f"{text}, … ({len(names)} in all)" if len(names) > 10 else text


def read_arrays(path):
    """Reads every array of an .npz file.

    Args:
        path: the file. Arrays must be finite numbers. `standardized_conv2d_7`, as some
            public files call it, becomes `standardized_conv2d`.

    Returns:
        Dictionary from array name to numpy array, in the file's order.

    Raises:
        InputError: the file is missing, no .npz file, or damaged, or some arrays hold
            objects, NaN or infinity; lists those arrays.
    """
    path = pathlib.Path(path)
    if not path.is_file():
        raise InputError(f"There is no weight file at '{path}'; check the path.")
    with path.open("rb") as file:
        try:
            archive = np.load(file, allow_pickle=False)
        except UNREADABLE as error:
            raise InputError(_not_npz(path)) from error
        # A .npy file, or another kind of zip such as .keras and PyTorch files.
        if not isinstance(archive, np.lib.npyio.NpzFile) or not all(
            name.endswith(".npy") for name in archive.zip.namelist()
        ):
            raise InputError(_not_npz(path))
        return _checked(path, archive)


def _not_npz(path):
    with path.open("rb") as file:
        start = file.read(8)
    kind = ""
    if start.startswith(b"\x89HDF"):
        kind = " (it is HDF5, such as a Keras .h5 file)"
    elif start.startswith(b"\x80"):
        kind = " (it is a pickle, such as an old PyTorch file)"
    return (
        f"'{path}' is not a whole .npz file of weights, so not an official BiT file"
        f"{kind}; delete it and fetch it again, or name another file."
    )


def _checked(path, archive):
    arrays, not_numbers, not_finite = {}, [], []
    for stored_name in archive.files:
        name = NUMBERED.sub(r"\1", stored_name)
        if name in arrays:
            raise InputError(f"'{path}' holds '{name}' twice, under numbered names.")
        array = _array(path, archive, stored_name)
        arrays[name] = array
        if array is None or array.dtype.kind not in "iuf":
            not_numbers.append(stored_name)
        elif not np.isfinite(array).all():
            not_finite.append(stored_name)
    problems = {
        "are not plain numbers": not_numbers,
        "hold NaN or infinity": not_finite,
    }
    for problem, names in problems.items():
        if names:
            raise InputError(
                f"'{path}' cannot be used: these arrays {problem}: {listing(names)}."
            )
    return arrays


def _array(path, archive, name):
    try:
        return archive[name]
    except UNREADABLE as error:
        if "Object arrays" in str(error):
            return None
        raise InputError(
            f"Array '{name}' of '{path}' is damaged ({error}); fetch the file again."
        ) from error


def write_arrays(path, arrays):
    """Writes arrays to an uncompressed .npz file; an old file stays whole until then.

    Args:
        path: the file; its folder is made if needed, and the name is taken as it is.
        arrays: dictionary from array name to numpy array.

    Raises:
        InputError: the file cannot be written there.
    """
    with replacing(path) as partial, partial.open("wb") as file:
        np.savez(file, **arrays)
