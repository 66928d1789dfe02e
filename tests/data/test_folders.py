import shutil

import numpy as np
import pytest

from bit_keras.data.folders import open_folder
from bit_keras.errors import InputError


@pytest.fixture
def photos(write_pictures, tmp_path):
    return write_pictures(tmp_path / "photos", 2)


def rows(data, split="train"):
    """(file below the class folder, class) of every example."""
    part = data.parts[split]
    return [
        ("/".join(path.split("/")[-2:]), data.class_names[label])
        for path, label in zip(part.paths, part.labels, strict=True)
    ]


def test_each_sub_folder_is_a_class_in_the_order_of_the_alphabet(photos):
    data = open_folder(photos, "skip")
    assert data.name == "photos"
    assert data.class_names == ("blue", "green", "red")
    assert rows(data) == [
        (f"{name}/{number}.jpg", name)
        for name in ("blue", "green", "red")
        for number in range(2)
    ]
    assert data.image_size == (24, 30)


def test_images_in_deeper_folders_belong_to_the_class(photos):
    (photos / "red" / "2024" / "may").mkdir(parents=True)
    shutil.move(photos / "red" / "0.jpg", photos / "red" / "2024" / "may")
    data = open_folder(photos, "skip")
    assert np.bincount(data.parts["train"].labels).tolist() == [2, 2, 2]


def test_hidden_folders_and_loose_files_are_no_classes(photos):
    (photos / ".cache").mkdir()
    (photos / "notes.txt").touch()
    assert open_folder(photos, "skip").class_names == ("blue", "green", "red")


@pytest.mark.parametrize(
    ("folders", "splits"),
    [
        (("train", "test"), {"train", "test"}),
        (("train", "val"), {"train", "val"}),
        (("training", "testing", "validation"), {"train", "test", "val"}),
        (("train", "valid"), {"train", "val"}),
        (("train",), {"train"}),
    ],
)
def test_split_folders_are_known_by_their_names(
    write_pictures, tmp_path, folders, splits
):
    for name in folders:
        write_pictures(tmp_path / name, 1)
    data = open_folder(tmp_path, "skip")
    assert set(data.parts) == splits
    assert data.class_names == ("blue", "green", "red")


def test_a_class_may_be_called_train(photos):
    (photos / "red").rename(photos / "train")
    assert open_folder(photos, "skip").class_names == ("blue", "green", "train")


def test_the_forms_of_a_name_in_unicode_are_one_class(write_pictures, tmp_path):
    write_pictures(tmp_path / "train", 1, names=["blue", "cafe\u0301"])
    write_pictures(tmp_path / "test", 1, names=["blue", "caf\u00e9"])
    assert open_folder(tmp_path, "skip").class_names == ("blue", "caf\u00e9")


def test_what_is_passed_over_is_in_the_notes(photos, write_pictures):
    write_pictures(photos / "@eaDir", 1)
    (photos / "0.jpg").write_bytes((photos / "red" / "0.jpg").read_bytes())
    data = open_folder(photos, "skip")
    assert data.class_names == ("blue", "green", "red")
    assert [note.split("'")[1] for note in data.notes] == [
        str(photos),
        str(photos / "@eaDir"),
    ]


def test_an_image_in_two_classes_is_told(photos):
    (photos / "violet").symlink_to(photos / "blue")
    (note,) = open_folder(photos, "skip").notes
    assert note.startswith("2 of the files of")
    assert note.endswith("'blue', 'violet'.")


def test_what_is_passed_over_is_in_an_error_too(photos):
    for name in ("blue", "green", "red"):
        (photos / name / "saved_model.pb").touch()
    with pytest.raises(InputError) as refused:
        open_folder(photos, "skip")
    told = str(refused.value)
    assert "has no sub-folders" in told
    assert f"'{photos / 'red'}' is passed over: a command wrote it." in told


def test_a_folder_without_classes_says_what_is_missing(photos):
    with pytest.raises(InputError, match=r"no sub-folders; .* \(2 lie there without"):
        open_folder(photos / "red", "skip")


def test_a_name_that_is_no_utf8_can_be_trained_on(photos):
    name = b"caf\xe9.jpg".decode("utf-8", "surrogateescape")
    (photos / "red" / "1.jpg").rename(photos / "red" / name)
    examples = open_folder(photos, "skip").parts["train"]
    pixels = np.asarray(examples.image(5))
    assert pixels.shape == (24, 30, 3)
    assert pixels[..., 0].mean() > 150


def names(data):
    return {
        split: ["/".join(path.split("/")[-2:]) for path in part.paths]
        for split, part in data.parts.items()
    }


def test_images_without_labels_may_lie_anywhere(photos):
    shutil.move(photos / "red" / "1.jpg", photos / "loose.jpg")
    data = open_folder(photos, "skip", labelled=False)
    assert names(data) == {
        "train": [
            *("blue/0.jpg", "blue/1.jpg", "green/0.jpg", "green/1.jpg"),
            *("photos/loose.jpg", "red/0.jpg"),
        ]
    }


def test_splits_without_labels_are_known_where_there_are_no_other_folders(photos):
    shutil.rmtree(photos / "green")
    (photos / "blue").rename(photos / "train")
    (photos / "red").rename(photos / "valid")
    data = open_folder(photos, "skip", labelled=False)
    assert names(data) == {
        "train": ["train/0.jpg", "train/1.jpg"],
        "val": ["valid/0.jpg", "valid/1.jpg"],
    }
    (photos / "valid").rename(photos / "plane")
    data = open_folder(photos, "skip", labelled=False)
    assert [part.count for part in data.parts.values()] == [4]


def test_a_folder_without_images_is_refused_without_labels_too(tmp_path):
    with pytest.raises(InputError, match="holds no images"):
        open_folder(tmp_path, "skip", labelled=False)
