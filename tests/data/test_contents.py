import os

import pytest

from bit_keras.data.contents import END, content_hash, file_hashes


@pytest.mark.parametrize("size", [0, 10, 2 * END, 2 * END + 1, 3 * END])
def test_a_copy_elsewhere_and_of_another_time_is_known_again(tmp_path, size):
    content = bytes(range(256)) * (size // 256) + b"a" * (size % 256)
    (tmp_path / "b").mkdir()
    paths = [tmp_path / "a.jpg", tmp_path / "b" / "other.png"]
    for path in paths:
        path.write_bytes(content)
    os.utime(paths[0], (0, 0))
    first, second = file_hashes(paths)
    assert first == second
    assert len(first) == 16


@pytest.mark.parametrize("place", [0, -1])
@pytest.mark.parametrize("size", [END, 3 * END])
def test_another_byte_at_either_end_is_another_content(tmp_path, size, place):
    content = bytearray(size)
    (tmp_path / "before").write_bytes(content)
    content[place] = 7
    (tmp_path / "after").write_bytes(content)
    before, after = file_hashes([tmp_path / "before", tmp_path / "after"])
    assert before != after


def test_another_length_is_another_content(tmp_path):
    (tmp_path / "a").write_bytes(bytes(3 * END))
    (tmp_path / "b").write_bytes(bytes(3 * END + 1))
    first, second = file_hashes([tmp_path / "a", tmp_path / "b"])
    assert first != second


def test_a_file_that_has_gone_has_no_content(tmp_path):
    assert file_hashes([tmp_path / "none"]) == [""]


def test_bytes_have_a_hash_that_stays():
    assert content_hash(b"bit") == content_hash(b"bit")
    assert content_hash(b"bit") != content_hash(b"bat")
