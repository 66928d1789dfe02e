"""Downloads that survive a broken connection, into a cache folder.

A file is written as `<name>.part` and renamed when it is whole. What identifies the
server's version of it stands in `<name>.part.version`: a later call goes on where an
earlier one was cut, and starts over where the file has changed in between.
"""

import hashlib
import http.client
import os
import pathlib
import re
import shutil
import time
import urllib.error
import urllib.request

import tqdm

from bit_keras.errors import InputError
from bit_keras.files import cache_folder
from bit_keras.weights.catalogue import find

TRIES = 5  # in a row that bring not one byte more
PAUSE = 0.5  # seconds before the next try; doubles while nothing comes
TIMEOUT = 60  # seconds without an answer
CHUNK = 1 << 20


class _Failed(Exception):
    """The file cannot be had; another try would not help."""


class _Broken(Exception):
    """The transfer stopped; another try may help."""


class _Unreachable(_Broken):
    """The server could not be reached at all."""


def published(name):
    """Gives the local path of a published file, downloaded on first use.

    Args:
        name: as in `find`, such as "BiT-M-R50x1".

    Raises:
        InputError: unknown name, or the download failed.
    """
    file = find(name)
    suffix = pathlib.PurePosixPath(file.url).suffix
    destination = cache_folder() / "weights" / f"{file.name}{suffix}"
    try:
        return fetch(file.url, destination, sha256=file.sha256, size=file.size)
    except InputError as error:
        raise InputError(
            f"{error} Without a network these work: weights in a file (--weights "
            "FILE), a run of your own (--model FOLDER), and a network from scratch, "
            "such as --model bit_tiny."
        ) from error


def fetch(url, destination, *, sha256=None, size=None):
    """Downloads a file, or returns at once where it already is.

    Args:
        url: where it comes from.
        destination: path of the file; its folder is made if needed.
        sha256: hexadecimal checksum that the file must have, None for no check.
        size: length in bytes that the file must have, None for what the server says.

    Returns:
        `destination` as a `pathlib.Path`.

    Raises:
        InputError: no connection, no such file, too little space, a wrong length or
            checksum; says where to put a file that was got in another way.
    """
    destination = pathlib.Path(destination)
    try:
        destination.parent.mkdir(parents=True, exist_ok=True)
        _download(url, destination, sha256, size)
    except (_Failed, _Broken, OSError) as error:
        raise InputError(
            f"Could not download {url} ({error}); try again, or get the file in "
            f"another way and put it at '{destination}'."
        ) from error
    return destination


def _download(url, destination, sha256, size):
    part = destination.with_name(destination.name + ".part")
    tries, reached = 0, False
    while not destination.exists():
        before = _length(part)
        try:
            _transfer(url, part, size)
            _check_sum(part, sha256)
            os.replace(part, destination)
            _version_file(part).unlink(missing_ok=True)
        # No part: another process was faster and has renamed it.
        except (_Broken, FileNotFoundError) as error:
            reached |= not isinstance(error, _Unreachable)
            tries = 0 if _length(part) > before else tries + 1
            # A server that never answered is most likely a missing network.
            if not reached or tries == TRIES:
                raise
            time.sleep(PAUSE * 2**tries)


def _transfer(url, part, size):
    """Makes one request; returns when the part is whole, raises otherwise."""
    headers = {"User-Agent": "bit_keras"}
    have, version = _length(part), _version_file(part)
    if have and version.exists():
        headers["Range"] = f"bytes={have}-"
        headers["If-Range"] = version.read_text(encoding="utf-8")
    try:
        response = _open(url, headers)
    except urllib.error.HTTPError as error:  # 416: the server has no further bytes
        if _total(error.headers) == have and size in (have, None):
            return
        part.unlink(missing_ok=True)
        raise _Broken(
            "the part that was here does not fit the server's file"
        ) from error
    with response:
        start = have if response.status == 206 else 0
        total = _total(response.headers)
        if size is not None and total not in (size, None):
            raise _Failed(f"the server's file has {total} bytes, not {size}")
        total = size if total is None else total
        if start == 0:
            _start_over(part, response.headers)
        _check_space(part, start, total)
        _write(response, part, start, total)
    if total is not None and _length(part) != total:
        raise _Broken(f"the connection broke at {_length(part)} of {total} bytes")


def _open(url, headers):
    try:
        return urllib.request.urlopen(
            urllib.request.Request(url, headers=headers), timeout=TIMEOUT
        )
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == 416:
            raise
        kind = _Broken if error.code in (408, 429) or error.code >= 500 else _Failed
        raise kind(f"the server says {error.code}: {error.reason}") from error
    except urllib.error.URLError as error:
        raise _Unreachable(f"no connection: {error.reason}") from error
    except (OSError, http.client.HTTPException) as error:
        raise _Broken(f"the connection broke: {error!r}") from error


def _total(headers):
    """Gives the length of the whole file, None where the server does not say."""
    if "Content-Range" in headers:
        match = re.search(r"/(\d+)\s*$", headers["Content-Range"])
        return int(match[1]) if match else None
    length = headers.get("Content-Length", "")
    return int(length) if length.isdigit() else None


def _start_over(part, headers):
    part.unlink(missing_ok=True)
    etag = headers.get("ETag", "")
    # A weak tag ("W/...") does not promise equal bytes.
    version = etag if etag.startswith('"') else headers.get("Last-Modified", "")
    _version_file(part).unlink(missing_ok=True)
    if version:
        _version_file(part).write_text(version, encoding="utf-8")


def _check_space(part, start, total):
    free = shutil.disk_usage(part.parent).free
    if total is not None and total - start > free:
        raise _Failed(
            f"it needs {(total - start) / 1e6:,.0f} MB, '{part.parent}' has "
            f"{free / 1e6:,.0f} MB free; BIT_KERAS_HOME names another folder"
        )


def _write(response, part, start, total):
    # Not append mode: two processes at the same file then write the same bytes.
    with (
        part.open("r+b" if start else "wb") as file,
        tqdm.tqdm(
            desc=part.stem, initial=start, total=total, unit="B", unit_scale=True
        ) as progress,
    ):
        file.seek(start)
        while chunk := _read(response):
            file.write(chunk)
            progress.update(len(chunk))


def _read(response):
    try:
        return response.read1(CHUNK)
    except (OSError, http.client.HTTPException) as error:
        raise _Broken(f"the connection broke: {error!r}") from error


def _check_sum(part, sha256):
    if sha256 is None:
        return
    with part.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != sha256.lower():
        part.unlink()
        _version_file(part).unlink(missing_ok=True)
        raise _Failed(f"its SHA-256 is {found}, not {sha256}; the copy was removed")


def _version_file(part):
    return part.with_name(part.name + ".version")


def _length(path):
    return path.stat().st_size if path.exists() else 0
