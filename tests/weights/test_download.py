import hashlib
import shutil
import types
import urllib.error
import urllib.request

import numpy as np
import pytest

from bit_keras.errors import InputError
from bit_keras.weights import download
from bit_keras.weights.download import fetch

CONTENT = np.random.default_rng(0).bytes(300_000)
HALF = len(CONTENT) // 2


def whole(request, content=CONTENT, etag='"1"'):
    """Answers as a good server does: ranges, and If-Range."""
    start = 0
    if "Range" in request.headers and request.headers["If-Range"] == etag:
        start = int(request.headers["Range"].removeprefix("bytes=").rstrip("-"))
    total = len(content)
    if start >= total:
        request.send(416, b"", Content_Range=f"bytes */{total}", Content_Length=0)
    elif start:
        span = f"bytes {start}-{total - 1}/{total}"
        left = total - start
        request.send(
            206, content[start:], Content_Range=span, Content_Length=left, ETag=etag
        )
    else:
        request.send(200, content, Content_Length=total, ETag=etag)


def changed(request):
    whole(request, content=CONTENT[::-1], etag='"2"')


def cut(request):
    request.send(200, CONTENT[:HALF], Content_Length=len(CONTENT), ETag='"1"')


def nothing(request):
    request.close_connection = True


def without_ranges(request):
    request.send(200, CONTENT, Content_Length=len(CONTENT))


def without_ranges_cut(request):
    request.send(200, CONTENT[:HALF], Content_Length=len(CONTENT))


def status(code):
    return lambda request: request.send(code, b"", Content_Length=0)


@pytest.fixture(autouse=True)
def hurried_and_local(monkeypatch):
    monkeypatch.setattr(download, "PAUSE", 0)
    monkeypatch.setenv("no_proxy", "*")


@pytest.fixture
def target(tmp_path):
    return tmp_path / "cache" / "weights.npz"


def assert_only_the_whole_file(target):
    assert target.read_bytes() == CONTENT
    assert list(target.parent.iterdir()) == [target]


def test_file_arrives_whole_and_alone(serve, target):
    url, requests = serve(whole)
    assert fetch(url, target) == target
    assert_only_the_whole_file(target)
    assert len(requests) == 1


def test_present_file_asks_no_server(serve, target):
    url, requests = serve(whole)
    target.parent.mkdir()
    target.write_bytes(b"mine")
    fetch(url, target)
    assert target.read_bytes() == b"mine"
    assert requests == []


def test_cut_connection_goes_on_where_it_stopped(serve, target):
    url, requests = serve(cut, whole)
    fetch(url, target)
    assert_only_the_whole_file(target)
    assert requests[1]["Range"] == f"bytes={HALF}-"
    assert requests[1]["If-Range"] == '"1"'


def test_later_call_goes_on_where_an_earlier_one_stopped(serve, target):
    url, _ = serve(cut, nothing)
    with pytest.raises(InputError):
        fetch(url, target)
    assert not target.exists()
    url, requests = serve(whole)
    fetch(url, target)
    assert_only_the_whole_file(target)
    assert requests[0]["Range"] == f"bytes={HALF}-"


def test_file_that_changed_meanwhile_is_fetched_anew(serve, target):
    url, _ = serve(cut, changed)
    fetch(url, target)
    assert target.read_bytes() == CONTENT[::-1]


def test_server_that_knows_no_ranges_starts_over(serve, target):
    url, requests = serve(without_ranges_cut, without_ranges)
    fetch(url, target)
    assert_only_the_whole_file(target)
    assert "Range" not in requests[1]


def test_server_that_ignores_the_range_starts_over(serve, target):
    url, requests = serve(cut, without_ranges)
    fetch(url, target)
    assert_only_the_whole_file(target)
    assert "Range" in requests[1]


def test_part_that_is_already_whole_is_only_renamed(serve, target):
    url, _ = serve(whole)
    target.parent.mkdir()
    (target.parent / "weights.npz.part").write_bytes(CONTENT)
    (target.parent / "weights.npz.part.version").write_text('"1"')
    fetch(url, target)
    assert_only_the_whole_file(target)


def test_whole_part_of_another_size_is_not_taken(serve, target):
    url, _ = serve(whole)
    target.parent.mkdir()
    (target.parent / "weights.npz.part").write_bytes(CONTENT)
    (target.parent / "weights.npz.part.version").write_text('"1"')
    with pytest.raises(InputError, match="300000 bytes, not 5"):
        fetch(url, target, size=5)
    assert not target.exists()


def test_part_longer_than_the_file_is_thrown_away(serve, target):
    url, requests = serve(whole)
    target.parent.mkdir()
    (target.parent / "weights.npz.part").write_bytes(CONTENT + b"more")
    (target.parent / "weights.npz.part.version").write_text('"1"')
    fetch(url, target)
    assert_only_the_whole_file(target)
    assert len(requests) == 2


def test_busy_server_is_asked_again(serve, target):
    url, _ = serve(status(503), nothing, whole)
    fetch(url, target)
    assert_only_the_whole_file(target)


def test_connection_cut_too_often_is_an_input_error(serve, target):
    url, requests = serve(cut, nothing)
    with pytest.raises(InputError, match="connection broke") as caught:
        fetch(url, target)
    assert str(target) in str(caught.value)
    assert len(requests) == 1 + download.TRIES


def test_missing_file_is_not_asked_for_twice(serve, target):
    url, requests = serve(status(404))
    with pytest.raises(InputError, match="404") as caught:
        fetch(url, target)
    assert url in str(caught.value)
    assert f"put it at '{target}'" in str(caught.value)
    assert len(requests) == 1


def test_refused_connection_fails_at_once_and_says_what_to_do(
    dead_url, target, monkeypatch
):
    monkeypatch.setattr(download.time, "sleep", lambda seconds: pytest.fail("waits"))
    with pytest.raises(InputError, match="no connection") as caught:
        fetch(dead_url, target)
    assert f"put it at '{target}'" in str(caught.value)


def test_checksum_may_be_in_capitals(serve, target):
    url, _ = serve(whole)
    digest = hashlib.sha256(CONTENT).hexdigest().upper()
    fetch(url, target, sha256=digest, size=len(CONTENT))
    assert_only_the_whole_file(target)


def test_wrong_checksum_leaves_nothing_behind(serve, target):
    url, _ = serve(whole)
    with pytest.raises(InputError, match="SHA-256"):
        fetch(url, target, sha256="0" * 64)
    assert list(target.parent.iterdir()) == []


def test_file_of_another_size_is_refused_before_it_is_written(serve, target):
    url, _ = serve(whole)
    with pytest.raises(InputError, match="300000 bytes, not 5"):
        fetch(url, target, size=5)
    assert list(target.parent.iterdir()) == []


def test_short_body_of_unannounced_length_is_refused(serve, target):
    url, _ = serve(lambda request: request.send(200, CONTENT[:HALF]))
    with pytest.raises(InputError, match=f"{HALF} of {len(CONTENT)} bytes"):
        fetch(url, target, size=len(CONTENT))
    assert not target.exists()


def test_full_disk_is_noticed_before_writing(serve, target, monkeypatch):
    url, _ = serve(whole)
    usage = types.SimpleNamespace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage)
    with pytest.raises(InputError, match="BIT_KERAS_HOME"):
        fetch(url, target)
    assert not list(target.parent.glob("*.part"))


def test_file_that_another_process_brings_meanwhile_is_taken(serve, target):
    def bring(request):
        target.write_bytes(CONTENT)
        nothing(request)

    url, requests = serve(bring)
    fetch(url, target)
    assert target.read_bytes() == CONTENT
    assert len(requests) == 1


def test_published_file_lies_below_the_cache_by_its_name(monkeypatch, tmp_path):
    monkeypatch.setenv("BIT_KERAS_HOME", str(tmp_path))
    path = tmp_path / "weights" / "vtab" / "BiT-M-R50x1-run0-dtd.npz"
    path.parent.mkdir(parents=True)
    path.touch()
    assert download.published("BiT-M-R50x1-run0-dtd") == path


def test_weights_that_cannot_be_had_are_told_with_what_works_without(
    monkeypatch, tmp_path
):
    def unreachable(*args, **kwargs):
        raise urllib.error.URLError("Network is unreachable")

    monkeypatch.setenv("BIT_KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(urllib.request, "urlopen", unreachable)
    with pytest.raises(
        InputError, match=r"no connection.* Without a network .*--model"
    ):
        download.published("BiT-M-R50x1-run0-dtd")
