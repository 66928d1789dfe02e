import dataclasses

import numpy as np
import pytest
from PIL import Image

from bit_keras.data.examples import ArrayExamples, FileExamples, RecordExamples
from bit_keras.data.overlap import positions_among, positions_of_same_pixels
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


def test_files_are_known_again_under_other_names(files):
    known = set(files("old", 0, 1, 2).identity())
    assert positions_among(files("new", 3, 0, 2), known) == [1, 2]


def test_arrays_are_known_again_in_other_places():
    assert positions_among(arrays(0, 3), set(arrays(3, 2).identity())) == [1]


def test_a_file_that_cannot_be_read_is_like_no_other(files):
    examples = files("new", 0)
    gone = dataclasses.replace(examples, paths=("gone.png", *examples.paths))
    known = {("other.png", ""), *examples.identity()}
    assert positions_among(gone, known) == [1]


def test_of_the_records_of_a_file_only_the_same_is_known(tmp_path):
    (tmp_path / "shard").write_bytes(b"records")
    index = np.array([[0, 0], [0, 90], [0, 180]])
    records = RecordExamples((str(tmp_path / "shard"),), index, None, None)
    assert positions_among(records, {records.identity()[1]}) == [1]


def test_files_and_arrays_are_compared_by_their_pixels(files):
    assert positions_of_same_pixels(files("new", 0, 3), arrays(3, 2)) == [1]
    assert positions_of_same_pixels(arrays(3, 1), files("old", 0, 3)) == [0]


def test_the_same_bytes_in_another_shape_are_another_image():
    turned = ArrayExamples(PIXELS[:1].reshape(1, 5, 6, 3), np.zeros(1, "int64"))
    assert positions_of_same_pixels(turned, arrays(0)) == []


def test_sets_that_are_streamed_cannot_be_compared(stream):
    with pytest.raises(InputError, match="too many to be compared"):
        positions_among(stream.parts["train"], set())
