"""Reading and writing .npz files of weights."""

import contextlib
import pathlib
import zipfile
import zlib

import numpy as np

from bit_keras.errors import InputError
from bit_keras.files import replacing

BFLOAT16 = np.dtype("V2")  # as numpy calls it, which does not know the type
NUMBERS = ("i", "u", "f", "bfloat16")  # kinds of types that can be read
UNREADABLE = (zipfile.BadZipFile, zlib.error, ValueError, EOFError, OSError)


def listing(names):
    """Gives the first ten names and how many there are: "a, b, … (12 in all)"."""
    text = ", ".join(list(names)[:10])
    return f"{text}, … ({len(names)} in all)" if len(names) > 10 else text


class WeightFile:
    """An open .npz file of weights, of which one array at a time is in memory.

    Attributes:
        path: `pathlib.Path` of the file.
        shapes: dictionary from array name to shape, in the file's order.
    """

    def __init__(self, path, archive):
        self.path = path
        self._archive = archive
        headers = {name: self._header(name) for name in archive.files}
        self._refuse(
            "are not plain numbers",
            [name for name, (_, kind) in headers.items() if kind not in NUMBERS],
        )
        self.shapes = {name: shape for name, (shape, _) in headers.items()}

    def read(self, name):
        """Reads one array.

        Raises:
            InputError: it is damaged, or holds NaN or infinity.
        """
        array = self._array(name)
        if not np.isfinite(array).all():
            self._refuse("hold NaN or infinity", [name])
        return array

    def verify(self, names):
        """Reads arrays and forgets them.

        Raises:
            InputError: some are damaged, or hold NaN or infinity; lists those.
        """
        finite = {name: np.isfinite(self._array(name)).all() for name in names}
        self._refuse(
            "hold NaN or infinity", [name for name in names if not finite[name]]
        )

    def _array(self, name):
        with self._readable(name):
            array = self._archive[name]
        if array.dtype == BFLOAT16:  # the first half of a float32
            return (array.view("uint16").astype("uint32") << 16).view("float32")
        return array

    def _header(self, name):
        """Gives (shape, kind of the type) of an array, without its numbers."""
        read = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }
        with self._readable(name), self._archive.zip.open(f"{name}.npy") as file:
            shape, _, dtype = read[np.lib.format.read_magic(file)](file)
            return shape, "bfloat16" if dtype == BFLOAT16 else dtype.kind

    @contextlib.contextmanager
    def _readable(self, name):
        try:
            yield
        except UNREADABLE as error:
            raise InputError(
                f"Array '{name}' of '{self.path}' is damaged ({error}); fetch the file "
                "again."
            ) from error

    def _refuse(self, problem, names):
        if names:
            raise InputError(
                f"'{self.path}' cannot be used: these arrays {problem}: "
                f"{listing(names)}."
            )


@contextlib.contextmanager
def open_weights(path):
    """Opens an .npz file of weights; gives a `WeightFile`.

    Raises:
        InputError: the file is missing, no .npz file, or damaged, or some arrays hold
            no plain numbers; lists those arrays.
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
        with archive:
            yield WeightFile(path, archive)


def _not_npz(path):
    with path.open("rb") as file:
        start = file.read(8)
    kind = ""
    if start.startswith(b"\x89HDF"):
        kind = " (it is HDF5, such as a Keras .h5 file)"
    elif start.startswith(b"\x80"):
        kind = " (it is a pickle, such as an old PyTorch file)"
    return (
        f"'{path}' is not a whole .npz file of weights{kind}; delete it and fetch it "
        "again, or name another file."
    )


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
