"""Reading files of weights, and writing .npz files."""

import contextlib
import pathlib

import numpy as np

from bit_keras.errors import InputError
from bit_keras.files import replacing
from bit_keras.weights.archives import BFLOAT16, UNREADABLE, archive_of

NUMBERS = ("i", "u", "f", "bfloat16")  # kinds of types that can be read


def listing(names):
    """Gives the first ten names and how many there are: "a, b, … (12 in all)"."""
    text = ", ".join(list(names)[:10])
    return f"{text}, … ({len(names)} in all)" if len(names) > 10 else text


class WeightFile:
    """An open file of weights: .npz, .safetensors, or of PyTorch.

    Attributes:
        path: `pathlib.Path` of the file.
        shapes: dictionary from array name to shape, in the file's order.
    """

    def __init__(self, path, archive):
        self.path = path
        self._archive = archive
        headers = {name: self._header(name) for name in archive.names}
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
            array = self._archive.array(name)
        if array.dtype == BFLOAT16:  # the first half of a float32
            return (array.view("uint16").astype("uint32") << 16).view("float32")
        return array

    def _header(self, name):
        with self._readable(name):
            return self._archive.header(name)

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
    """Opens a file of weights; gives a `WeightFile`.

    Raises:
        InputError: the file is missing, of no known kind, or damaged, some arrays hold
            no plain numbers (lists those), or it needs PyTorch, which is not here.
    """
    path = pathlib.Path(path)
    if not path.is_file():
        raise InputError(f"There is no weight file at '{path}'; check the path.")
    with path.open("rb") as file:
        try:
            archive = archive_of(path, file)
        except InputError:
            raise
        except UNREADABLE as error:
            raise InputError(_unusable(path)) from error
        if archive is None:
            raise InputError(_unusable(path))
        yield WeightFile(path, archive)


def _unusable(path):
    with path.open("rb") as file:
        is_hdf5 = file.read(4) == b"\x89HDF"
    kind = " (it is HDF5, such as a Keras .h5 file)" if is_hdf5 else ""
    return (
        f"'{path}' is not a whole file of weights, .npz, .safetensors or PyTorch's"
        f"{kind}; delete it and fetch it again, or name another file."
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
