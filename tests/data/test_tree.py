import os

import pytest

from bit_keras.data.tree import read_tree


@pytest.fixture
def photos(tmp_path):
    for name in ("cat", "dog"):
        (tmp_path / "photos" / name).mkdir(parents=True)
        (tmp_path / "photos" / name / "0.jpg").touch()
    return tmp_path / "photos"


def read(folder):
    """The images as texts below the folder, and the names that are passed over."""
    tree = read_tree(folder, lambda name: name.endswith((".jpg", ".png")))
    images = [path.relative_to(folder).as_posix() for path in tree.all_images()]
    return images, [path.name for path, _ in tree.all_passed_over()]


BOTH = ["cat/0.jpg", "dog/0.jpg"]


@pytest.mark.parametrize(
    "name",
    ["@eaDir", "__MACOSX", "__macosx", "lost+found", "$RECYCLE.BIN", "@__thumb"],
)
@pytest.mark.parametrize("place", [".", "cat"])
def test_what_systems_make_is_passed_over_and_named(photos, name, place):
    folder = photos / place / name / "cat"
    folder.mkdir(parents=True)
    (folder / "0.jpg").touch()
    assert read(photos) == (BOTH, [name])


def test_hidden_folders_are_passed_over_without_a_word(photos):
    (photos / ".ipynb_checkpoints").mkdir()
    (photos / ".ipynb_checkpoints" / "0.jpg").touch()
    assert read(photos) == (BOTH, [])


@pytest.mark.parametrize(
    "files",
    [
        ["run.json", "recipe.json", "pictures/0.jpg"],
        ["run.json", "evaluation/.lock"],
        ["recipe.json"],
        [".lock"],
        [".lock", ".part-7-7-run.json"],
        [".part-7-7-export/saved_model.pb"],
        ["summary.json", "confusion_matrix.png"],
        ["summary.json"],
        ["saved_model.pb", "variables/variables.index"],
        [".sorted-by-bit-keras", "cat/0.jpg"],
    ],
)
@pytest.mark.parametrize("place", [".", "cat", "runs", "runs/here"])
def test_what_a_command_wrote_is_no_data(photos, files, place):
    for file in files:
        path = photos / place / "output" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    images, passed = read(photos)
    assert images == BOTH
    assert passed == ["runs" if "runs" in place else "output"]


def test_among_what_is_being_written_empty_folders_are_passed_over_too(photos):
    (photos / "runs" / "a").mkdir(parents=True)
    (photos / "runs" / "b").mkdir()
    (photos / "runs" / "b" / ".lock").touch()
    assert read(photos) == (BOTH, ["runs"])


@pytest.mark.parametrize("name", ["run.json", "recipe.json", "summary.json"])
@pytest.mark.parametrize("place", ["cat", "more"])
def test_a_class_is_no_output_for_one_file_of_such_a_name(photos, name, place):
    (photos / place / "soup").mkdir(parents=True)
    (photos / place / "soup" / "0.jpg").touch()
    (photos / place / name).touch()
    assert read(photos) == (sorted([*BOTH, f"{place}/soup/0.jpg"]), [])


@pytest.mark.parametrize("name", ["loop", "loop.jpg"])
def test_a_link_to_itself_is_passed_over_and_named(photos, name):
    (photos / "cat" / name).symlink_to(name)
    assert read(photos) == (BOTH, [name])


@pytest.mark.parametrize("target", [".", "..", "../photos"])
@pytest.mark.parametrize("place", [".", "cat"])
def test_a_link_that_leads_back_up_is_passed_over_and_named(photos, target, place):
    (photos / place / "all").symlink_to(photos / target)
    assert read(photos) == (BOTH, ["all"])


def test_a_linked_folder_elsewhere_is_entered(photos, tmp_path):
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "1.jpg").touch()
    (photos / "cat" / "linked").symlink_to(tmp_path / "more")
    assert read(photos) == (["cat/0.jpg", "cat/linked/1.jpg", "dog/0.jpg"], [])


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no such pipes")
def test_a_pipe_is_passed_over_and_a_broken_link_is_listed(tmp_path):
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "link.jpg").symlink_to(tmp_path / "gone.jpg")
    tree = read_tree(tmp_path, str)
    assert tree.images == (tmp_path / "link.jpg",)
    assert tree.passed_over == ((tmp_path / "pipe.jpg", "it is a pipe or a device"),)
