import re
import zipfile

import numpy as np
import pytest

from bit_keras.errors import InputError
from bit_keras.weights.files import open_weights, write_arrays


def read_arrays(path):
    """Gives all arrays of a file, verified first."""
    with open_weights(path) as file:
        file.verify(file.shapes)
        return {name: file.read(name) for name in file.shapes}


def test_arrays_come_back_as_they_were_written(tmp_path):
    arrays = {"a/kernel": np.arange(6.0).reshape(2, 3), "b": np.float16([1.5])}
    write_arrays(tmp_path / "new" / "file.npz", arrays)
    read = read_arrays(tmp_path / "new" / "file.npz")
    assert list(read) == ["a/kernel", "b"]
    np.testing.assert_array_equal(read["a/kernel"], arrays["a/kernel"])
    assert read["b"].dtype == np.float16


def test_failed_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "file.npz"
    write_arrays(path, {"a": np.ones(2)})

    def full_disk(file, **arrays):
        file.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full_disk)
    with pytest.raises(InputError, match="No space left"):
        write_arrays(path, {"a": np.zeros(2)})
    assert read_arrays(path)["a"].tolist() == [1, 1]
    assert list(tmp_path.iterdir()) == [path]


def test_shapes_are_known_without_reading_the_arrays(tmp_path):
    path = tmp_path / "file.npz"
    np.savez(path, a=np.ones((2, 3)), b=np.float16(1), nan=np.full(4, np.nan))
    with open_weights(path) as file:
        assert file.shapes == {"a": (2, 3), "b": (), "nan": (4,)}


def test_an_array_that_is_not_finite_is_refused_when_it_is_read(tmp_path):
    path = tmp_path / "file.npz"
    np.savez(path, fine=np.ones(1), nan=np.array([1, np.nan]))
    with open_weights(path) as file:
        assert file.read("fine").tolist() == [1]
        with pytest.raises(InputError, match="NaN or infinity: nan"):
            file.read("nan")


def test_missing_file_is_named(tmp_path):
    path = tmp_path / "none.npz"
    with pytest.raises(InputError, match=re.escape(str(path))):
        read_arrays(path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\x89HDF\r\n\x1a\n" + bytes(99), "HDF5"),
        (b"<html>please log in</html>", "fetch it again"),
        (b"", "fetch it again"),
        (bytes(7) + b"\x01{}", "fetch it again"),
        ((2).to_bytes(8, "little") + b"{]", "fetch it again"),
    ],
)
def test_other_kinds_of_file_are_told_apart(tmp_path, content, words):
    path = tmp_path / "file.npz"
    path.write_bytes(content)
    with pytest.raises(InputError, match=words) as caught:
        read_arrays(path)
    assert "not a whole file of weights" in str(caught.value)


def test_single_array_is_no_npz(tmp_path):
    np.save(tmp_path / "file.npy", np.ones(3))
    with pytest.raises(InputError, match="not a whole file of weights"):
        read_arrays(tmp_path / "file.npy")


def test_zip_of_something_else_is_no_npz(tmp_path):
    path = tmp_path / "model.keras"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", "{}")
    with pytest.raises(InputError, match="not a whole file of weights"):
        read_arrays(path)


def test_truncated_file_is_refused(tmp_path):
    path = tmp_path / "file.npz"
    np.savez(path, a=np.ones(1000))
    path.write_bytes(path.read_bytes()[:4000])
    with pytest.raises(InputError, match="not a whole file of weights"):
        read_arrays(path)


def test_flipped_byte_is_noticed_and_its_array_named(tmp_path):
    path = tmp_path / "file.npz"
    np.savez(path, good=np.ones(10), bad=np.ones(1000))
    content = bytearray(path.read_bytes())
    content[4000] ^= 1
    path.write_bytes(content)
    with pytest.raises(InputError, match="Array 'bad'.*damaged"):
        read_arrays(path)


def test_object_and_text_arrays_are_listed(tmp_path):
    path = tmp_path / "file.npz"
    np.savez(path, fine=np.ones(1), boxed=np.array([{}]), words=np.array(["a"]))
    with pytest.raises(InputError, match="not plain numbers: boxed, words"):
        read_arrays(path)


def test_arrays_that_are_not_finite_are_listed(tmp_path):
    path = tmp_path / "file.npz"
    np.savez(path, fine=np.ones(1), nan=np.array([1, np.nan]), inf=np.array(np.inf))
    with pytest.raises(InputError, match="NaN or infinity: nan, inf"):
        read_arrays(path)
