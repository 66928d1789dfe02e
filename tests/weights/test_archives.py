import json
import re
import sys
import zipfile

import keras
import numpy as np
import pytest

from bit_keras.errors import InputError
from bit_keras.weights.files import open_weights

WITH_TORCH = pytest.mark.skipif(
    keras.config.backend() != "torch", reason="PyTorch may not be installed"
)


def write_safetensors(path, arrays, **changes):
    """Writes {name: (type, array of its numbers as bytes are)}."""
    header, data = {"__metadata__": {"format": "pt"}}, b""
    for name, (kind, array) in arrays.items():
        end = len(data) + array.nbytes
        header[name] = {"dtype": kind, "shape": array.shape}
        header[name]["data_offsets"] = [len(data), end]
        data += array.tobytes()
    for name, told in changes.items():
        header[name] |= told
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)
    return path


@pytest.fixture
def arrays():
    return {
        "conv.weight": ("F32", np.arange(6, dtype="float32").reshape(2, 3)),
        "half": ("F16", np.float16([0.5, -2])),
        "count": ("I64", np.array(7)),
    }


def test_safetensors_are_read_by_name(tmp_path, arrays):
    path = write_safetensors(tmp_path / "model.safetensors", arrays)
    with open_weights(path) as file:
        assert file.shapes == {"conv.weight": (2, 3), "half": (2,), "count": ()}
        for name, (_, expected) in arrays.items():
            np.testing.assert_array_equal(file.read(name), expected)


def test_bfloat16_of_safetensors_becomes_float32(tmp_path):
    stored = (np.float32([1.5, -3]).view("uint32") >> 16).astype("uint16")
    path = write_safetensors(tmp_path / "x.safetensors", {"a": ("BF16", stored)})
    with open_weights(path) as file:
        assert file.read("a").tolist() == [1.5, -3]


def test_safetensors_of_an_unknown_type_are_refused(tmp_path):
    strange = {"a": ("F8_E4M3", np.zeros(3, "uint8"))}
    path = write_safetensors(tmp_path / "x.safetensors", strange)
    with pytest.raises(InputError, match="not plain numbers: a"), open_weights(path):
        pass


@pytest.mark.parametrize(
    "change",
    [
        {"shape": [3, 3]},
        {"data_offsets": [0, 23]},
        {"data_offsets": [-24, 0]},  # the header
        {"shape": [10**15], "data_offsets": [0, 4 * 10**15]},  # more than any memory
    ],
)
def test_safetensors_whose_header_lies_are_refused(tmp_path, arrays, change):
    changes = {"conv.weight": change}
    path = write_safetensors(tmp_path / "x.safetensors", arrays, **changes)
    told = r"'conv\.weight' .* is damaged"
    with open_weights(path) as file, pytest.raises(InputError, match=told):
        file.read("conv.weight")


def test_cut_off_safetensors_are_refused(tmp_path, arrays):
    path = write_safetensors(tmp_path / "x.safetensors", arrays)
    path.write_bytes(path.read_bytes()[:-10])
    with open_weights(path) as file, pytest.raises(InputError, match="damaged"):
        file.verify(file.shapes)


def test_header_of_absurd_length_is_not_read(tmp_path):
    path = tmp_path / "x.safetensors"
    path.write_bytes((2**60).to_bytes(8, "little") + b"{}")
    with pytest.raises(InputError, match="fetch it again"), open_weights(path):
        pass


@pytest.mark.parametrize("start", [b"\x80\x02", b"PK"])
def test_files_of_pytorch_are_refused_without_it(tmp_path, monkeypatch, start):
    monkeypatch.setitem(sys.modules, "torch", None)
    path = tmp_path / "weights.pth"
    if start == b"PK":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("weights/data.pkl", b"")
    else:
        path.write_bytes(start + bytes(20))
    told = "file of PyTorch, which is not installed: pip install torch, or"
    with pytest.raises(InputError, match=re.escape(told)), open_weights(path):
        pass


@pytest.mark.backend
@WITH_TORCH
@pytest.mark.parametrize("key", [None, "state_dict", "model"])
def test_state_dictionary_of_pytorch_is_read(tmp_path, key):
    import torch

    held = {"bn1.weight": torch.ones(3, dtype=torch.bfloat16), "n": torch.tensor(2)}
    torch.save({key: held, "epoch": 3} if key else held, tmp_path / "w.pth")
    with open_weights(tmp_path / "w.pth") as file:
        assert file.shapes == {"bn1.weight": (3,), "n": ()}
        assert file.read("bn1.weight").tolist() == [1, 1, 1]


@pytest.mark.backend
@WITH_TORCH
def test_file_of_pytorch_that_would_run_code_is_refused(tmp_path):
    import torch

    class Harmful:
        def __reduce__(self):
            return (print, ("was run",))

    torch.save({"a": Harmful()}, tmp_path / "w.pth")
    path = tmp_path / "w.pth"
    with pytest.raises(InputError, match="fetch it again"), open_weights(path):
        pass


@pytest.mark.backend
@WITH_TORCH
def test_file_of_pytorch_without_a_dictionary_is_refused(tmp_path):
    import torch

    torch.save([torch.ones(3)], tmp_path / "w.pth")
    told = pytest.raises(InputError, match="not a whole file of weights")
    with told, open_weights(tmp_path / "w.pth"):
        pass
