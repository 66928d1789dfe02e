from pathlib import Path

import pytest

from bit_keras.data.layout import arrange, arrange_unlabelled
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
        "masks/0.jpg no_masks/0.jpg",
        "cat/2024/0.jpg cat/2025/0.jpg dog/2024/0.jpg",
        "cat/2024/0.jpg cat/2025/0.jpg dog/2024/0.jpg dog/2025/0.jpg dog/1.jpg",
        "cat/2024/0.jpg cat/2025/0.jpg dog/",
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
        (CLASSES.format("Images") + "Annotation/cat/", "photos/Images"),
        (CLASSES.format("objects") + "Annotations/cat/", "photos/objects"),
        (CLASSES.format("images/train") + "labels/train/", "photos/images/train"),
        (CLASSES.format("images") + CLASSES.format("masks"), "photos/images"),
    ],
)
def test_a_data_set_may_lie_one_folder_deeper(text, root):
    assert found(arrange(tree_of(text))) == {"train": root}


def test_what_stands_beside_the_folder_of_the_data_set_is_named():
    beside = "annotation/cat/ masks/0.jpg masks/1.jpg lists/"
    assert arrange(tree_of(CLASSES.format("images") + beside)).notes == (
        "The data set is what 'photos/images' holds.",
        "'photos/annotation' is passed over: it holds no images.",
        "'photos/lists' is passed over: it holds no images.",
        "'photos/masks' (2 images) is passed over: it marks images.",
    )


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
        (splits_of("2019", "2020"), "cat/, dog/ in each of 2019/, 2020/"),
        (splits_of("trn", "tst"), "cat/, dog/ in each of trn/, tst/"),
        (
            splits_of("fold_1", "fold_2", "fold_3") + "fold_2/emu/0.jpg",
            "cat/, dog/ in each of fold_1/, fold_2/, fold_3/",
        ),
        ("images/0.jpg annotations/trimaps/0.jpg", "images/ beside annotations/"),
        ("images/0.jpg labels/", "images/ beside labels/"),
        (splits_of("images") + "masks/0.jpg cat/0.jpg", "images/ beside masks/"),
        (
            "images/train/0.jpg images/test/0.jpg labels/train/",
            "'photos/images/train' lie in no class folders",
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
