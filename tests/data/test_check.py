import os
import struct

import numpy as np
import pytest
from PIL import Image

from bit_keras.data import check
from bit_keras.data.check import check_images, find_images
from bit_keras.errors import InputError

BOMB = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", 40001, 40002) + b"\1" * 9


def write_photo(path, size=(30, 20), **options):
    noise = np.random.default_rng(0).integers(0, 255, (size[1], size[0], 3))
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(noise.astype("uint8")).save(path, **options)
    return path


def write_bytes(path, contents):
    path.write_bytes(contents)
    return path


def only_verdict(path):
    (verdict,) = check_images([path])
    return verdict


@pytest.fixture
def decoding_forbidden(monkeypatch):
    def fail(contents):
        raise AssertionError("decoded again")

    return lambda: monkeypatch.setattr(check.images, "decode", fail)


def test_finds_images_sorted_in_all_depths(tmp_path):
    names = [
        "b/z.PNG",
        "a name with spaces.JPG",
        "b/c/d/사진-é.jpeg",
        "b/a.webp",
        "old.tif",
    ]
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert find_images(tmp_path) == sorted(tmp_path / name for name in names)


@pytest.mark.parametrize(
    "name",
    [".DS_Store", ".hidden.jpg", ".cache/a.jpg", "Thumbs.db", "notes.txt", "jpg"],
)
def test_passes_over_hidden_and_other_names(tmp_path, name):
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).touch()
    assert find_images(tmp_path) == []


def test_enters_linked_folders_but_no_loops(tmp_path):
    elsewhere = tmp_path / "elsewhere"
    photo = write_photo(elsewhere / "a.png")
    photos = tmp_path / "photos"
    photos.mkdir()
    (photos / "linked").symlink_to(elsewhere)
    (elsewhere / "back").symlink_to(photos)
    assert find_images(photos) == [photos / "linked" / photo.name]


def test_missing_folder_is_an_input_error(tmp_path):
    with pytest.raises(InputError, match="none' cannot be listed"):
        find_images(tmp_path / "none")


def test_verdicts_stand_in_the_order_of_the_paths(tmp_path):
    paths = [write_photo(tmp_path / f"{n}.png", (n, 7)) for n in (9, 3, 5, 2)]
    paths.insert(2, write_bytes(tmp_path / "é ü.jpg", b""))
    verdicts = check_images([*paths, paths[0]])
    assert [verdict.path for verdict in verdicts] == [*paths, paths[0]]
    assert [verdict.width for verdict in verdicts] == [9, 3, 0, 5, 2, 9]
    assert [verdict.good for verdict in verdicts] == [
        True,
        True,
        False,
        True,
        True,
        True,
    ]


def test_size_is_that_of_the_upright_image(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    verdict = only_verdict(write_photo(tmp_path / "사진.jpg", (30, 20), exif=exif))
    assert (verdict.height, verdict.width, verdict.reason) == (30, 20, "")


def test_size_of_a_converted_image_is_that_of_the_upright_one(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    verdict = only_verdict(write_photo(tmp_path / "a.tif", (30, 20), exif=exif))
    assert (verdict.height, verdict.width, verdict.reason) == (30, 20, "")


def test_what_a_missing_package_would_read_is_not_remembered_as_bad(
    tmp_path, monkeypatch
):
    cache, photo = tmp_path / "verdicts.json", write_photo(tmp_path / "a.tif", (31, 9))
    with monkeypatch.context() as patch:
        patch.setitem(check.conversion._CLASSES, "TIFF", ("no_such_module", "A"))
        (verdict,) = check_images([photo], cache=cache)
        assert verdict.reason.startswith("cannot be read: TIFF needs the package")
    assert check_images([photo], cache=cache)[0].good


def test_no_files_have_no_verdicts():
    assert check_images([]) == []


BAD = {
    "empty.jpg": (b"", "empty file"),
    "html.jpg": (b"<!DOCTYPE html>\n", "not an image: starts with '<!DOCTYPE html>'"),
    "random.jpg": (
        b"\x11\xf5\x7c\xce" * 99,
        "not an image: starts with the bytes 11 f5",
    ),
    "bomb.png": (BOMB, "40001 x 40002 pixels, more than the limit of 150 million"),
    "tiff.jpg": (b"II*\0\x08\0\0\0", "damaged, cut off or of a rare kind: its TIFF"),
    "heic.jpg": (b"\0\0\0\x18ftypheic", "damaged, cut off or of a rare kind: its HEIC"),
    "jxl.jpg": (b"\xff\x0a\0\0", "JPEG XL is not supported, convert it to JPEG or"),
    "named.AVIF": (b"\0" * 20, "not the AVIF file that its name says it is"),
    "start.jpg": (b"\xff\xd8\xff\xe0", "damaged or cut off: its JPEG data cannot be"),
    "start.gif": (b"GIF89a", "damaged or cut off: the header gives no size"),
    "os2.bmp": (b"BM" + b"\0" * 12 + b"\x0c" + b"\0" * 99, "a BMP of OS/2 is not"),
}


@pytest.fixture(scope="module")
def bad_verdicts(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bad")
    paths = [
        write_bytes(folder / name, contents) for name, (contents, _) in BAD.items()
    ]
    return {verdict.path.name: verdict for verdict in check_images(paths)}


@pytest.mark.parametrize("name", BAD)
def test_says_in_words_why_a_file_is_bad(bad_verdicts, name):
    verdict = bad_verdicts[name]
    assert not verdict.good
    assert verdict.reason.startswith(BAD[name][1])
    assert (verdict.height, verdict.width) == (0, 0)


def test_content_counts_more_than_the_suffix(tmp_path):
    photo = write_photo(tmp_path / "photo.png")
    assert only_verdict(photo.rename(tmp_path / "photo.tiff")).good


def test_cut_off_photograph_is_bad(tmp_path):
    photo = write_photo(tmp_path / "photo.jpg")
    photo.write_bytes(photo.read_bytes()[:400])
    assert only_verdict(photo).reason.startswith("damaged or cut off")


def test_file_that_cannot_be_read_is_bad_with_the_reason(tmp_path):
    verdict = only_verdict(tmp_path / "gone.jpg")
    assert verdict.reason == f"cannot be read: {os.strerror(2)}"


def test_second_check_decodes_nothing(tmp_path, decoding_forbidden):
    paths = [write_photo(tmp_path / "a.png"), write_bytes(tmp_path / "b c.png", b"")]
    first = check_images(paths, cache=tmp_path / "new" / "verdicts.json")
    decoding_forbidden()
    assert check_images(paths, cache=tmp_path / "new" / "verdicts.json") == first


def test_a_verdict_tells_how_the_image_looks(tmp_path):
    photos = [write_photo(tmp_path / f"{i}.png", (40, 50)) for i in range(2)]
    first, second = check_images([*photos])
    assert len(first.look) == 32
    assert first.look == second.look
    assert only_verdict(write_bytes(tmp_path / "c.png", b"")).look == ""


def test_changed_file_is_checked_again(tmp_path):
    cache = tmp_path / "verdicts.json"
    photo = write_photo(tmp_path / "a.png", (30, 20))
    other = write_photo(tmp_path / "b.png", (4, 4))
    check_images([photo, other], cache=cache)
    write_photo(photo, (50, 40))
    photo_verdict, other_verdict = check_images([photo, other], cache=cache)
    assert (photo_verdict.height, other_verdict.height) == (40, 4)


def test_cache_keeps_the_verdicts_of_other_folders(tmp_path, decoding_forbidden):
    cache = tmp_path / "verdicts.json"
    photos = [write_photo(tmp_path / name / "a.png") for name in ("train", "test")]
    for photo in photos:
        check_images([photo], cache=cache)
    decoding_forbidden()
    assert all(verdict.good for verdict in check_images(photos, cache=cache))


@pytest.mark.parametrize("damage", ["{", "[]", '{"version": 1, "verdicts": 5}', "\0"])
def test_damaged_cache_is_ignored(tmp_path, damage):
    cache = tmp_path / "verdicts.json"
    cache.write_text(damage)
    assert check_images([], cache=cache) == []


def test_damaged_cache_is_replaced(tmp_path, decoding_forbidden):
    cache = tmp_path / "verdicts.json"
    cache.write_text("{")
    photo = write_photo(tmp_path / "a.png")
    assert check_images([photo], cache=cache)[0].good
    decoding_forbidden()
    assert check_images([photo], cache=cache)[0].good


def test_missing_file_is_not_remembered_as_bad(tmp_path):
    cache = tmp_path / "verdicts.json"
    check_images([tmp_path / "a.png"], cache=cache)
    write_photo(tmp_path / "a.png")
    assert check_images([tmp_path / "a.png"], cache=cache)[0].good


def test_interrupted_check_goes_on_where_it_stopped(
    tmp_path, monkeypatch, decoding_forbidden
):
    cache = tmp_path / "verdicts.json"
    good, bad = write_photo(tmp_path / "a.png"), write_bytes(tmp_path / "b.png", b"")

    def interrupt(path):
        raise KeyboardInterrupt

    monkeypatch.setattr(check, "bad_reason", interrupt)
    with pytest.raises(KeyboardInterrupt):
        check_images([good, bad], cache=cache)
    decoding_forbidden()
    assert check_images([good], cache=cache)[0].good


def test_a_cache_that_cannot_be_written_costs_a_warning_only(tmp_path):
    photo = write_photo(tmp_path / "a.png")
    with pytest.warns(UserWarning, match="are not remembered"):
        (verdict,) = check_images([photo], cache=photo / "verdicts.json")
    assert verdict.good
