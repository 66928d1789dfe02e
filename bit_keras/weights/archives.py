"""The kinds of files that hold arrays by name: .npz, .safetensors and PyTorch's.

An archive has `names`, `header(name)`, which gives (shape, kind of the type), and
`array(name)`; both raise one of `UNREADABLE` where a file is damaged. Types are named
by numpy's letters, and bfloat16, which numpy does not know, by its name; its arrays are
of `BFLOAT16`.
"""

import json
import math
import os
import pickle
import zipfile
import zlib

import numpy as np

from bit_keras.errors import InputError

BFLOAT16 = np.dtype("V2")  # as numpy calls it
UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    ValueError,
    KeyError,
    TypeError,
    EOFError,
    OSError,
    pickle.UnpicklingError,
    RuntimeError,  # of PyTorch, for what is cut off
)
# Of safetensors, whose header is a text.
LARGEST_HEADER = 100_000_000
TYPES = {
    **{"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": BFLOAT16},
    **{f"I{bits}": f"<i{bits // 8}" for bits in (8, 16, 32, 64)},
    **{f"U{bits}": f"<u{bits // 8}" for bits in (8, 16, 32, 64)},
    "BOOL": "?",
}


def archive_of(path, file):
    """Gives the archive in an open file, None where it is of no known kind.

    Args:
        path: `pathlib.Path` of the file.
        file: opened for reading, at its beginning.

    Raises:
        InputError: it is PyTorch's, which is not installed.
        OSError, ValueError, …: one of `UNREADABLE`, for a damaged file.
    """
    start = file.read(9)
    file.seek(0)
    if start.startswith(b"PK"):
        names = zipfile.ZipFile(file).namelist()
        file.seek(0)
        if all(name.endswith(".npy") for name in names):
            return Npz(np.load(file, allow_pickle=False))
        torch_file = any(name.endswith("/data.pkl") for name in names)
        return StateDictionary(path) if torch_file else None
    if start.startswith(b"\x80"):
        return StateDictionary(path)
    return Safetensors(file) if start[8:9] == b"{" else None


class Npz:
    """A .npz file, of which one array at a time is in memory."""

    def __init__(self, archive):
        self._archive = archive
        self.names = archive.files

    def header(self, name):
        read = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }
        with self._archive.zip.open(f"{name}.npy") as file:
            shape, _, dtype = read[np.lib.format.read_magic(file)](file)
            return shape, _kind(dtype)

    def array(self, name):
        return self._archive[name]


class Safetensors:
    """A .safetensors file, of which one array at a time is in memory.

    Reference: github.com/huggingface/safetensors. It begins with the length of its
    header, 8 bytes; this is JSON, and names the type, the shape and the place of every
    array behind it.
    """

    def __init__(self, file):
        self._file = file
        length = int.from_bytes(file.read(8), "little")
        if length > LARGEST_HEADER:
            raise ValueError(f"its header would have {length:,} bytes")
        header = json.loads(file.read(length))
        header.pop("__metadata__", None)
        self._begin, self._header = 8 + length, header
        self._length = file.seek(0, os.SEEK_END) - self._begin
        self.names = list(header)

    def header(self, name):
        told = self._header[name]
        dtype = TYPES.get(told["dtype"], object)  # which is none of numbers
        return tuple(told["shape"]), _kind(np.dtype(dtype))

    def array(self, name):
        told = self._header[name]
        shape, dtype = tuple(told["shape"]), np.dtype(TYPES[told["dtype"]])
        begin, end = told["data_offsets"]
        if not 0 <= begin <= end <= self._length:
            raise ValueError(f"it would be bytes {begin} to {end} of {self._length}")
        if end - begin != math.prod(shape) * dtype.itemsize:
            raise ValueError(f"it has {end - begin} bytes")
        self._file.seek(self._begin + begin)
        return np.frombuffer(self._file.read(end - begin), dtype).reshape(shape)


class StateDictionary:
    """A file of PyTorch, read whole and without running what it may hold.

    Raises:
        InputError: if PyTorch is not installed, or refuses the file.
    """

    def __init__(self, path):
        try:
            import torch
        except ImportError as error:
            raise InputError(
                f"'{path}' is a file of PyTorch, which is not installed: pip install "
                "torch, or take the same weights as .safetensors."
            ) from error
        held = torch.load(path, map_location="cpu", weights_only=True)
        if not isinstance(held, dict):
            raise ValueError(f"it holds a {type(held).__name__}, no dictionary")
        for key in ("state_dict", "model"):  # where more than weights is kept
            held = held[key] if isinstance(held.get(key), dict) else held
        self._tensors = {
            name: tensor
            for name, tensor in held.items()
            if isinstance(name, str) and isinstance(tensor, torch.Tensor)
        }
        self.names = list(self._tensors)

    def header(self, name):
        tensor = self._tensors[name]
        floats = tensor.is_floating_point()
        return tuple(tensor.shape), "f" if floats else self.array(name).dtype.kind

    def array(self, name):
        tensor = self._tensors[name].detach()
        return (tensor.float() if tensor.is_floating_point() else tensor).numpy()


def _kind(dtype):
    return "bfloat16" if dtype == BFLOAT16 else dtype.kind
