import io

import numpy as np
import pytest
from PIL import Image

from bit_keras.data.photos import find_photos, photo_batches, thumbnails, unread
from bit_keras.errors import InputError
from bit_keras.preprocessing import Preprocessing


@pytest.fixture
def photos(write_pictures, tmp_path):
    return write_pictures(tmp_path / "photos", 3)


def names(paths):
    return ["/".join(path.parts[-2:]) for path in paths]


def test_files_folders_and_patterns_come_in_the_order_given(photos):
    found = find_photos(
        [str(photos / "red" / "2.jpg"), str(photos / "blue"), f"{photos}/*/1.jpg"]
    )
    assert names(found) == [
        *("red/2.jpg", "blue/0.jpg", "blue/1.jpg", "blue/2.jpg"),
        *("green/1.jpg", "red/1.jpg"),
    ]


def test_a_pattern_may_go_through_all_folders(photos):
    found = find_photos([f"{photos.parent}/**/0.jpg"])
    assert names(found) == ["blue/0.jpg", "green/0.jpg", "red/0.jpg"]


def test_a_name_with_the_signs_of_a_pattern_is_a_name_first(photos):
    odd = photos / "red" / "a[1].jpg"
    (photos / "red" / "0.jpg").rename(odd)
    assert find_photos([str(odd)]) == [odd]


def test_a_file_that_was_named_is_taken_whatever_its_suffix(photos):
    odd = photos / "scan.dat"
    (photos / "red" / "0.jpg").rename(odd)
    assert find_photos([str(odd)]) == [odd]


def test_what_matches_nothing_is_refused(photos):
    (photos / "empty").mkdir()
    with pytest.raises(InputError, match="The folder '.*empty' holds no images"):
        find_photos([str(photos / "empty")])
    with pytest.raises(InputError, match=r"There is no file '.*\*.gif', and none"):
        find_photos([str(photos / "red"), f"{photos}/*.gif"])


def test_every_readable_file_is_in_the_batches_once(photos):
    paths = find_photos([str(photos)])
    paths[4].write_bytes(b"no image")
    batches = list(photo_batches(paths, Preprocessing(crop=16), batch_size=5))
    positions = np.concatenate([positions for positions, _ in batches])
    images = np.concatenate([images for _, images in batches])
    assert positions.tolist() == [0, 1, 2, 3, 5, 6, 7, 8]
    assert [len(images) for _, images in batches] == [5, 3]
    assert images.shape == (8, 16, 16, 3)
    # Blue, green and red pictures, in this order.
    strongest = images.mean(axis=(1, 2)).argmax(axis=-1)
    assert strongest.tolist() == [2, 2, 2, 1, 1, 0, 0, 0]


def test_the_files_passed_over_are_named_with_their_reason(photos):
    paths = find_photos([str(photos / "red")])
    paths[1].write_bytes(b"")
    assert unread(paths, [0, 2]) == [(paths[1], "empty file")]
    assert unread(paths, [0, 1, 2]) == []


def test_a_name_that_is_no_utf8_can_be_read(photos):
    name = b"caf\xe9.jpg".decode("utf-8", "surrogateescape")
    odd = (photos / "red" / "0.jpg").rename(photos / "red" / name)
    ((positions, images),) = photo_batches([odd], Preprocessing(crop=8))
    assert positions.numpy().tolist() == [0]
    assert images.shape == (1, 8, 8, 3)


def test_thumbnails_fit_and_are_no_larger_than_the_photograph(tmp_path):
    sizes = {"wide": (400, 100), "tall": (50, 300), "small": (20, 10), "line": (900, 1)}
    paths = []
    for name, size in sizes.items():
        paths.append(tmp_path / f"{name}.png")
        Image.new("RGB", size, (200, 50, 40)).save(paths[-1])
    paths.insert(1, tmp_path / "gone.png")
    found = list(thumbnails(paths, 100))
    assert [path for path, *_ in found] == [*paths[:1], *paths[2:]]
    assert [size for _, _, *size in found] == [[100, 25], [16, 100], [20, 10], [100, 1]]
    pictures = [Image.open(io.BytesIO(jpeg)) for _, jpeg, *_ in found]
    assert [list(picture.size) for picture in pictures] == [
        f[2:] for f in map(list, found)
    ]
    for picture in pictures:
        assert np.abs(np.asarray(picture) - np.array([200, 50, 40])).max() < 5


def test_photographs_that_tensorflow_cannot_decode_are_read(tmp_path):
    Image.new("RGB", (40, 20), "red").save(tmp_path / "a.tif")
    (tmp_path / "b.heic").write_bytes(b"\0\0\0\x18ftypheic")
    ((positions, pixels),) = photo_batches(
        [tmp_path / "b.heic", tmp_path / "a.tif"], Preprocessing(crop=8)
    )
    assert positions.numpy().tolist() == [1]
    assert (pixels.numpy() == [255, 0, 0]).all()
    ((path, reason),) = unread([tmp_path / "b.heic"], [])
    assert path == tmp_path / "b.heic"
    assert "its HEIC data cannot be decoded" in reason
