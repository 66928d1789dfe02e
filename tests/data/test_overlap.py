import numpy as np
import pytest
from PIL import Image

from bit_keras.data.examples import ArrayExamples, FileExamples
from bit_keras.data.overlap import positions_of_new
from bit_keras.errors import InputError

PIXELS = np.random.default_rng(0).integers(0, 256, (4, 6, 5, 3), "uint8")


def arrays(*numbers):
    return ArrayExamples(PIXELS[list(numbers)], np.zeros(len(numbers), "int64"))


@pytest.fixture
def files(tmp_path):
    """Gives a function: folder, numbers of pictures -> these as files."""

    def write(folder, *numbers):
        (tmp_path / folder).mkdir()
        paths = [tmp_path / folder / f"{place}.png" for place in range(len(numbers))]
        for path, number in zip(paths, numbers, strict=True):
            Image.fromarray(PIXELS[number]).save(path)
        labels = np.zeros(len(numbers), "int64")
        return FileExamples(tuple(map(str, paths)), labels, root=str(tmp_path))

    return write


def test_arrays_are_compared_by_their_pixels():
    assert positions_of_new(arrays(0, 3), arrays(3, 2)).tolist() == [0]


def test_files_and_arrays_are_compared_by_their_pixels(files):
    assert positions_of_new(files("new", 0, 3), arrays(3, 2)).tolist() == [0]
    assert positions_of_new(arrays(3, 1), files("old", 0, 3)).tolist() == [1]


def test_the_same_bytes_in_another_shape_are_another_image():
    turned = ArrayExamples(PIXELS[:1].reshape(1, 5, 6, 3), np.zeros(1, "int64"))
    assert positions_of_new(turned, arrays(0)).tolist() == [0]


def test_sets_that_are_streamed_cannot_be_compared(stream, files):
    with pytest.raises(InputError, match="too many to be compared"):
        positions_of_new(files("new", 0), stream.parts["train"])
