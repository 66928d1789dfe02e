from pathlib import Path

import pytest

from bit_keras.data.layout import arrange, arrange_unlabelled, split_of
from bit_keras.data.tree import Folder
from bit_keras.errors import InputError


def tree_of(text):
    """A tree of which each word is the path of an image, or with a final / a folder."""
    return _folder(Path("photos"), [word.split("/") for word in text.split()])


def _folder(path, inner):
    names = sorted({parts[0] for parts in inner if len(parts) > 1})
    return Folder(
        path,
        tuple(path / parts[0] for parts in inner if len(parts) == 1 and parts[0]),
        tuple(
            _folder(path / name, [parts[1:] for parts in inner if parts[0] == name])
            for name in names
        ),
    )


def found(layout):
    return {split: str(folder.path) for split, folder in layout.folders.items()}


CLASSES = "{0}/cat/0.jpg {0}/dog/0.jpg "


def splits_of(*names):
    return "".join(CLASSES.format(name) for name in names)


@pytest.mark.parametrize(
    ("name", "split"),
    [
        *[
            (name, "train")
            for name in ("Train", "TRAINING", "training_set", "trainset")
        ],
        *[(name, "train") for name in ("trainset", "images-train", "train2017")],
        *[(name, "test") for name in ("Test", "test_set", "hold-out", "TestImages")],
        *[(name, "val") for name in ("Validation", "dev", "eval", "valid_data", "val")],
        *[(name, None) for name in ("cat", "seg_train", "steam_train", "invalid")],
        *[(name, None) for name in ("trainers", "test_train", "contest", "trainval")],
    ],
)
def test_the_names_of_splits_are_known_in_many_forms(name, split):
    assert split_of(name) == split


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("Train", "Test"), {"train": "Train", "test": "Test"}),
        (("training_set", "test_set"), {"train": "training_set", "test": "test_set"}),
        (("seg_train", "seg_test"), {"train": "seg_train", "test": "seg_test"}),
        (("train", "dev"), {"train": "train", "val": "dev"}),
        (("train", "eval"), {"train": "train", "val": "eval"}),
        (("train", "holdout"), {"train": "train", "test": "holdout"}),
        (("train", "Validation"), {"train": "train", "val": "Validation"}),
        (
            ("TRAIN", "TEST", "VALID"),
            {"train": "TRAIN", "test": "TEST", "val": "VALID"},
        ),
        (
            ("train_images", "test_images_2"),
            {"train": "train_images", "test": "test_images_2"},
        ),
    ],
)
def test_splits_are_known_by_their_names_and_what_stands_beside_them(names, expected):
    layout = arrange(tree_of(splits_of(*names)))
    assert found(layout) == {s: f"photos/{name}" for s, name in expected.items()}
    assert layout.notes == ()


@pytest.mark.parametrize(
    "text",
    [
        "cat/0.jpg dog/0.jpg",
        "cat/2024/0.jpg cat/2025/0.jpg dog/0.jpg",
        "train/0.jpg bus/0.jpg car/0.jpg",
        "steam_train/0.jpg electric_train/0.jpg",
        "steam_train/a/0.jpg electric_train/b/0.jpg",
        "bullet_train/0.jpg crash_test/0.jpg",
    ],
)
def test_folders_without_splits_are_classes(text):
    layout = arrange(tree_of(text))
    assert found(layout) == {"train": "photos"}
    assert layout.notes == ()


@pytest.mark.parametrize(
    ("text", "root"),
    [
        ("photos/cat/0.jpg photos/dog/0.jpg", "photos/photos"),
        ("data/train/cat/0.jpg data/train/dog/0.jpg", "photos/data/train"),
        ("train/train/cat/0.jpg train/train/dog/0.jpg", "photos/train/train"),
    ],
)
def test_a_data_set_may_lie_one_folder_deeper(text, root):
    assert found(arrange(tree_of(text))) == {"train": root}


@pytest.mark.parametrize(
    ("more", "note"),
    [
        (
            "test/0.jpg test/1.jpg",
            "'photos/test' (2 images) is passed over: its images",
        ),
        ("test/", "'photos/test' is passed over: it holds no images"),
        ("0.jpg", "1 images lie directly in 'photos', in no class folder"),
        ("train/0.jpg", "1 images lie directly in 'photos/train', in no class folder"),
        (
            splits_of("test") + "pred/0.jpg",
            "'photos/pred' (1 images) is passed over: it is neither train, test nor",
        ),
    ],
)
def test_what_is_passed_over_is_named(more, note):
    layout = arrange(tree_of(splits_of("train") + more))
    assert layout.folders["train"].path == Path("photos/train")
    assert any(told.startswith(note) for told in layout.notes), layout.notes


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (splits_of("test", "val"), "has test/, val/ but no train/"),
        (splits_of("test"), "has test/ but no train/"),
        ("bus/0.jpg car/0.jpg train/a/0.jpg train/b/0.jpg", "train/ beside bus/, car/"),
        ("cat/0.jpg dog/0.jpg test/0.jpg", "test/ beside cat/, dog/"),
        ("cat/0.jpg dog/0.jpg " + splits_of("test"), "test/ beside cat/, dog/"),
        ("valid/0.jpg invalid/0.jpg", "val.* beside invalid/"),
        (splits_of("train") + "extra/0.jpg", "train/ beside extra/"),
        ("train/0.jpg test/0.jpg", "'photos/train' lie in no class folders"),
        ("train/0.jpg " + splits_of("test"), "'photos/train' lie in no class folders"),
        (splits_of("train", "Training", "test"), "two folders for train: Train"),
        (splits_of("train", "val", "dev"), "two folders for val: dev/, val/"),
        (
            "cat/train/0.jpg cat/test/0.jpg dog/train/0.jpg dog/test/0.jpg",
            "the other way round: 'photos/train/cat'",
        ),
    ],
)
def test_what_is_doubtful_is_refused_with_what_to_do(text, reason):
    with pytest.raises(InputError, match=reason):
        arrange(tree_of(text))


def test_for_a_test_alone_no_train_is_needed():
    layout = arrange(tree_of(splits_of("test", "val")), testing=True)
    assert found(layout) == {"test": "photos/test", "val": "photos/val"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Train/0.jpg valid/a/0.jpg", {"train": "photos/Train", "val": "photos/valid"}),
        ("train/0.jpg plane/0.jpg", {"train": "photos"}),
        ("a/0.jpg 1.jpg", {"train": "photos"}),
    ],
)
def test_splits_without_labels_stand_alone(text, expected):
    assert found(arrange_unlabelled(tree_of(text))) == expected


@pytest.mark.parametrize(
    "names", [("2019", "2020"), ("fold_1", "fold_2", "fold_3"), ("trn", "tst")]
)
def test_folders_that_all_hold_the_same_folders_are_doubtful(names):
    with pytest.raises(InputError, match="holds cat/, dog/. If those are the classes"):
        arrange(tree_of(splits_of(*names)))


def test_classes_may_hold_one_folder_of_the_same_name_or_images_beside():
    layout = arrange(tree_of("cat/img/0.jpg dog/img/0.jpg"))
    assert found(layout) == {"train": "photos"}
    layout = arrange(tree_of("cat/0.jpg " + splits_of("cat", "dog")))
    assert found(layout) == {"train": "photos"}


def test_a_folder_of_classes_beside_folders_without_images_is_the_data_set():
    layout = arrange(tree_of("Images/cat/0.jpg Images/dog/0.jpg Annotation/cat/"))
    assert found(layout) == {"train": "photos/Images"}
    assert "Passed over, without images: Annotation/." in layout.notes
    layout = arrange(tree_of("labels/ " + splits_of("images/train", "images/test")))
    assert found(layout)["test"] == "photos/images/test"


def test_photographs_beside_pictures_of_their_parts_are_doubtful():
    tree = tree_of("images/0.jpg images/1.jpg annotations/trimaps/0.jpg")
    with pytest.raises(InputError, match="Name the one with the photographs"):
        arrange(tree)
    tree = tree_of("bottles/0.jpg labels/0.jpg")
    assert found(arrange(tree)) == {"train": "photos"}
