import pytest

from bit_keras.data.folder_names import FILLERS, MARKS, is_called, split_of


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


@pytest.mark.parametrize("name", ["images", "Photos", "image_data", "imgs2017"])
def test_the_names_of_folders_of_images_are_known(name):
    assert is_called(name, FILLERS)


@pytest.mark.parametrize("name", ["Annotation", "trimaps", "LABELS", "masks_2"])
def test_the_names_of_what_marks_images_are_known(name):
    assert is_called(name, MARKS)


@pytest.mark.parametrize("name", ["no_masks", "2019", "train_images", "cat"])
def test_other_names_say_neither(name):
    assert not is_called(name, FILLERS | MARKS)
