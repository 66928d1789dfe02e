import errno
import os

import pytest

from bit_keras import sorting
from bit_keras.errors import InputError
from bit_keras.sorting import (
    COPIED,
    KEPT,
    LINKED,
    MARKER,
    folder_name,
    outside,
    require_folder_place,
    sort_photographs,
)


@pytest.fixture
def photo(tmp_path):
    """Gives a function that writes a file: path below the folder, contents -> path."""

    def write(name, contents):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(contents)
        return path

    return write


@pytest.fixture
def place(tmp_path):
    return tmp_path / "sorted"


def contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in folder.rglob("*")
        if path.is_file() and path.name != MARKER
    }


def test_a_photograph_stands_in_each_of_its_classes_and_where_it_was(photo, place):
    one = photo("photos/1.jpg", "one")
    done = sort_photographs(place, [(one, ["cat", "dog"])])
    assert contents(place) == {"cat/1.jpg": "one", "dog/1.jpg": "one"}
    assert done == {LINKED: 2}
    assert (place / "cat" / "1.jpg").samefile(one)


def test_a_photograph_without_a_class_stands_nowhere(photo, place):
    assert not sort_photographs(place, [(photo("1.jpg", "one"), [])])
    assert not place.exists()


def test_a_new_folder_is_marked_and_stays_so(photo, place):
    for name in ("1.jpg", "2.jpg"):
        sort_photographs(place, [(photo(name, name), ["cat"])])
        assert "sorted into this folder" in (place / MARKER).read_text()


def test_a_folder_that_held_something_is_not_marked(photo, place):
    photo("sorted/cat/0.jpg", "theirs")
    sort_photographs(place, [(photo("1.jpg", "one"), ["cat"])])
    assert not (place / MARKER).exists()


def test_without_links_it_is_a_copy(photo, place, monkeypatch):
    def no_link(*paths):
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", no_link)
    one = photo("1.jpg", "one")
    assert sort_photographs(place, [(one, ["cat"])]) == {COPIED: 1}
    assert contents(place) == {"cat/1.jpg": "one"}
    assert not (place / "cat" / "1.jpg").samefile(one)


def test_of_a_relative_link_the_file_is_taken(photo, tmp_path, place):
    photo("1.jpg", "one")
    (tmp_path / "link.jpg").symlink_to("1.jpg")
    sort_photographs(place, [(tmp_path / "link.jpg", ["cat"])])
    assert contents(place) == {"cat/link.jpg": "one"}
    assert not (place / "cat" / "link.jpg").is_symlink()


def test_photographs_of_one_name_get_free_names_and_keep_them(photo, place):
    photographs = [(photo(f"{name}/1.jpg", name), ["cat"]) for name in "abc"]
    expected = {"cat/1.jpg": "a", "cat/1-2.jpg": "b", "cat/1-3.jpg": "c"}
    for done in ({LINKED: 3}, {KEPT: 3}):
        assert sort_photographs(place, photographs) == done
        assert contents(place) == expected


def test_what_has_the_name_and_is_no_photograph_stays(photo, place):
    (place / "cat" / "1.jpg").mkdir(parents=True)
    (place / "cat" / "2.jpg").symlink_to("nowhere")
    photographs = [(photo(f"{n}.jpg", f"{n}"), ["cat"]) for n in (1, 2)]
    sort_photographs(place, photographs)
    assert contents(place) == {"cat/1-2.jpg": "1", "cat/2-2.jpg": "2"}
    assert (place / "cat" / "2.jpg").is_symlink()


def test_a_file_that_another_process_makes_meanwhile_is_not_overwritten(
    photo, place, monkeypatch
):
    link = os.link

    def late(source, target):
        if target.name == "1.jpg":
            target.write_text("theirs")
        link(source, target)

    monkeypatch.setattr(os, "link", late)
    sort_photographs(place, [(photo("1.jpg", "one"), ["cat"])])
    assert contents(place) == {"cat/1.jpg": "theirs", "cat/1-2.jpg": "one"}


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("Maine Coon", "Maine Coon"),
        ("犬", "犬"),
        ("100% wool", "100% wool"),
        ("", "%"),
        ("%", "%25"),
        (".", "%2E"),
        ("..", "%2E%2E"),
        ("../up", "%2E.%2Fup"),
        ("/etc", "%2Fetc"),
        (".hidden", "%2Ehidden"),
        ("inc.", "inc%2E"),
        ("black/white", "black%2Fwhite"),
        ("black%2Fwhite", "black%252Fwhite"),
        ('a\\b:c*d?e"f<g>h|i\n', "a%5Cb%3Ac%2Ad%3Fe%22f%3Cg%3Eh%7Ci%0A"),
        ("con", "%63on"),
        ("LPT1.txt", "%4CPT1.txt"),
        ("Console", "Console"),
    ],
)
def test_a_class_has_a_folder_name_that_every_system_takes(name, folder):
    assert folder_name(name) == folder


def test_long_class_names_are_cut_and_stay_apart(photo, place):
    names = ["犬" * 100 + end for end in "ab"]
    sort_photographs(place, [(photo("1.jpg", "one"), names)])
    assert len(contents(place)) == 2


def test_photographs_below_the_folder_are_no_new_ones(photo, place, tmp_path):
    new = [photo("1.jpg", ""), photo("sorted2/1.jpg", "")]
    old = photo("sorted/cat/1.jpg", "")
    (tmp_path / "link").symlink_to(place)
    linked = tmp_path / "link" / "cat" / "1.jpg"
    assert outside([*new, old, linked], place) == new
    with pytest.raises(InputError, match="All of these photographs lie below"):
        outside([old], place)


def test_a_folder_below_a_file_is_refused(photo, place):
    one = photo("1.jpg", "one")
    for folder in (one, one / "sorted" / "here"):
        with pytest.raises(InputError, match=r"1\.jpg' is a file, so photographs"):
            require_folder_place(folder)
    require_folder_place(place / "new")
    assert not place.exists()


def test_a_folder_that_takes_no_files_is_refused(place, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(InputError, match="Nothing can be written into"):
        require_folder_place(place)


def test_a_file_in_the_place_of_a_class_is_told(photo, place):
    photo("sorted/cat", "no folder")
    with pytest.raises(InputError, match="cat' cannot be made: File exists"):
        sorting.sort_photographs(place, [(photo("1.jpg", "one"), ["cat"])])
