import numpy as np
import pytest

from bit_keras.data.arrays import digits, open_npz
from bit_keras.errors import InputError

PIXELS = np.random.default_rng(0).integers(0, 256, (6, 5, 4, 3), "uint8")
LABELS = np.array([0, 1, 2, 0, 1, 2])


@pytest.fixture
def opened(tmp_path):
    """Gives a function: arrays -> what `open_npz` makes of their file."""

    def write(multi_label=False, labelled=True, **arrays):
        path = tmp_path / "mine.npz"
        np.savez_compressed(path, **{"x_train": PIXELS, "y_train": LABELS, **arrays})
        return open_npz(path, multi_label, labelled)

    return write


def test_the_digits_fill_the_range_of_pixels():
    examples = digits().parts["train"]
    assert examples.pixels.shape == (1797, 8, 8, 1)
    assert examples.pixels.dtype == np.uint8
    assert (examples.pixels.min(), examples.pixels.max()) == (0, 255)


def test_images_and_labels_are_those_of_the_file(opened):
    data = opened()
    assert data.name == "mine"
    assert data.image_size == (5, 4)
    assert data.class_names == ("0", "1", "2")
    np.testing.assert_array_equal(data.parts["train"].pixels, PIXELS)
    np.testing.assert_array_equal(data.parts["train"].labels, LABELS)


def test_other_splits_are_taken_along(opened):
    data = opened(x_test=PIXELS[:3], y_test=LABELS[:3], x_val=PIXELS, y_val=LABELS)
    counts = {name: part.count for name, part in data.parts.items()}
    assert counts == {"train": 6, "test": 3, "val": 6}


def test_gray_images_need_no_channel_axis(opened):
    data = opened(x_train=PIXELS[..., 0])
    assert data.channels == 3
    image = data.parts["train"].image(2)
    np.testing.assert_array_equal(image, np.repeat(PIXELS[2, ..., :1], 3, axis=-1))


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        ([[0], [1], [2], [0], [1], [2]], ("0", "1", "2")),
        ([10, 30, 20, 10, 30, 20], ("10", "20", "30")),
        (["cat", "dog", "ant", "cat", "dog", "ant"], ("ant", "cat", "dog")),
        ([-1, 5, 7, -1, 5, 7], ("-1", "5", "7")),
    ],
)
def test_labels_may_be_columns_or_have_gaps_or_be_words(opened, labels, names):
    data = opened(y_train=np.array(labels))
    assert data.class_names == names
    found = [data.class_names[label] for label in data.parts["train"].labels]
    assert found == [str(label) for label in np.ravel(labels)]


def test_class_names_are_those_of_the_label_numbers(opened):
    names = ["ant", "bee", "cat", "dog"]
    data = opened(y_train=np.array([0, 1, 3, 0, 1, 3]), class_names=names)
    assert data.class_names == ("ant", "bee", "dog")


def test_too_few_class_names_are_not_used(opened):
    assert opened(class_names=["ant"]).class_names == ("0", "1", "2")


def test_float_pixels_stay_as_they_are(opened):
    pixels = PIXELS / np.float64(2)
    part = opened(x_train=pixels).parts["train"]
    assert part.pixels.dtype == np.float32
    np.testing.assert_allclose(part.pixels, pixels)


@pytest.mark.parametrize(
    ("arrays", "expected"),
    [
        ({"x_test": PIXELS}, "has no array 'y_test'. It has: x_test, x_train, y_train"),
        ({"y_test": LABELS}, "has no array 'x_test'"),
        ({"x_train": PIXELS[0]}, r"Received: \(5, 4, 3\) and \(6,\)"),
        ({"y_train": LABELS[:5]}, r"Received: \(6, 5, 4, 3\) and \(5,\)"),
        ({"y_train": np.eye(6)}, r"Received: \(6, 5, 4, 3\) and \(6, 6\)"),
        ({"x_train": PIXELS[:0], "y_train": LABELS[:0]}, r"Received: \(0, 5, 4, 3\)"),
        ({"x_train": PIXELS[:, :0]}, r"Received: \(6, 0, 4, 3\)"),
        ({"y_train": LABELS / 2}, "whole numbers or texts. Received: float64"),
        (
            {"x_train": PIXELS.astype("complex64")},
            r"Received: \(6, 5, 4, 3\) of complex64",
        ),
        ({"x_train": PIXELS / 255}, "from 0 to 1, but pixels are 0..255: scale them"),
        ({"x_train": PIXELS.astype("int16") - 9}, "values from -9 to"),
        ({"x_train": PIXELS * 256.0}, "but pixels are 0..255"),
        ({"x_train": np.where(PIXELS > 9, np.nan, PIXELS)}, "holds NaN or infinite"),
        ({"x_train": np.where(PIXELS > 9, np.inf, PIXELS)}, "holds NaN or infinite"),
        (
            {"x_test": PIXELS, "y_test": LABELS + 2},
            "y_test of .* holds labels that y_train does not: 3, 4",
        ),
        ({"x_test": PIXELS[..., :2], "y_test": LABELS}, "differ in channels"),
    ],
)
def test_arrays_that_do_not_fit_are_refused_with_what_they_are(
    opened, arrays, expected
):
    with pytest.raises(InputError, match=expected):
        opened(**arrays)


def damaged(contents):
    middle = len(contents) // 2
    return contents[:middle] + b"\xff" * 50 + contents[middle + 50 :]


@pytest.mark.parametrize(
    "damage", [lambda data: data[:-200], lambda data: data[:60], damaged]
)
def test_a_damaged_file_is_refused(opened, tmp_path, damage):
    opened()
    path = tmp_path / "mine.npz"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(InputError, match=f"'{path}' cannot be read as an npz file"):
        open_npz(path)


def test_other_files_called_npz_are_refused(tmp_path):
    path = tmp_path / "mine.npz"
    with path.open("wb") as file:
        np.save(file, PIXELS)
    with pytest.raises(InputError, match="it is an npy file"):
        open_npz(path)
    path.write_text("notes")
    with pytest.raises(InputError, match="cannot be read as an npz file"):
        open_npz(path)


def test_objects_are_never_unpickled(opened):
    with pytest.raises(InputError, match="Object arrays cannot be loaded"):
        opened(class_names=np.array([{"a": 1}], dtype=object))


SEVERAL = np.array([[0, 1], [1, 1], [0, 0], [1, 0], [1, 1], [0, 0]])


@pytest.mark.parametrize("kind", [bool, "int64", "float32"])
def test_a_table_of_zeros_and_ones_is_several_labels(opened, kind):
    labels = SEVERAL.astype(kind)
    splits = {"x_test": PIXELS[:2], "y_test": labels[:2]}
    data = opened(multi_label=True, y_train=labels, **splits)
    assert data.multi_label
    assert data.class_names == ("0", "1")
    assert data.parts["train"].labels.dtype == np.int8
    np.testing.assert_array_equal(data.parts["train"].labels, SEVERAL)
    np.testing.assert_array_equal(data.parts["test"].labels, SEVERAL[:2])


@pytest.mark.parametrize(
    ("names", "expected"), [(["cat", "dog"], ("cat", "dog")), (["cat"], ("0", "1"))]
)
def test_columns_take_their_names_where_there_is_one_for_each(opened, names, expected):
    data = opened(multi_label=True, y_train=SEVERAL, class_names=names)
    assert data.class_names == expected


def test_several_labels_without_the_flag_are_refused_with_its_name(opened):
    with pytest.raises(InputError, match=r"and \(6, 2\); --multi-label takes such"):
        opened(y_train=SEVERAL)


@pytest.mark.parametrize(
    ("arrays", "expected"),
    [
        ({"y_train": LABELS}, r"y_train \(examples, classes\). Received: .* \(6,\)\.$"),
        ({"y_train": SEVERAL[:5]}, r"and \(5, 2\)\.$"),
        ({"y_train": SEVERAL * 2}, "y_train of .* other values than 0 and 1"),
        ({"y_train": SEVERAL.astype(str)}, "y_train .* holds 0 and 1. Received: <U"),
        (
            {"y_train": SEVERAL, "x_test": PIXELS, "y_test": np.eye(6)},
            "y_train of .* has 2 classes, y_test has 6",
        ),
    ],
)
def test_tables_that_do_not_fit_are_refused(opened, arrays, expected):
    with pytest.raises(InputError, match=expected):
        opened(multi_label=True, **arrays)


def test_without_labels_the_images_are_enough(opened, tmp_path):
    np.savez(tmp_path / "images.npz", x_train=PIXELS, x_val=PIXELS[:2])
    data = open_npz(tmp_path / "images.npz", labelled=False)
    assert data.class_names == ()
    assert not data.labelled
    assert {name: part.labels for name, part in data.parts.items()} == {
        "train": None,
        "val": None,
    }
    np.testing.assert_array_equal(data.parts["train"].pixels, PIXELS)


def test_labels_that_are_there_can_be_left_aside(opened):
    data = opened(labelled=False, y_train=LABELS / 2, y_test=LABELS)
    assert list(data.parts) == ["train"]
    assert data.parts["train"].labels is None
