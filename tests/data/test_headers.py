import io
import struct

import pytest
import tensorflow as tf
from PIL import Image

from bit_keras.data import headers


def encoded(kind, size=(300, 17), mode="RGB", **options):
    file = io.BytesIO()
    Image.new(mode, size).save(file, kind, **options)
    return file.getvalue()


def top_down(bmp):
    return bmp[:22] + struct.pack("<i", -17) + bmp[26:]


STARTS = {
    "jpeg": encoded("JPEG")[:-30],
    "png": encoded("PNG")[:33],
    "gif": encoded("GIF")[:40],
    "bmp": encoded("BMP")[:54],
    "bmp from the top": top_down(encoded("BMP"))[:54],
    "webp": encoded("WEBP")[:30],
    "webp lossless": encoded("WEBP", lossless=True)[:30],
    "webp extended": encoded("WEBP", exif=b"MM\0*" + b"\0" * 4)[:30],
}


@pytest.mark.parametrize("kind", STARTS)
def test_size_stands_in_the_first_bytes(kind):
    height, width = headers.header_size(STARTS[kind])
    assert (int(height), int(width)) == (17, 300)


@pytest.mark.parametrize("size", [(1, 1), (16383, 5), (5, 16383)])
@pytest.mark.parametrize("lossless", [False, True])
def test_size_of_webp_fills_its_14_bits(size, lossless):
    height, width = headers.header_size(encoded("WEBP", size, lossless=lossless))
    assert (int(width), int(height)) == size


def test_size_is_that_of_the_stored_rows():
    exif = Image.Exif()
    exif[0x0112] = 6
    height, width = headers.header_size(encoded("JPEG", exif=exif))
    assert (int(height), int(width)) == (17, 300)


def test_huge_size_is_read_without_overflow():
    header = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", 2**31 - 1, 2**31 - 2)
    height, width = headers.header_size(header)
    assert (int(width), int(height)) == (2**31 - 1, 2**31 - 2)


def test_size_of_a_gif_holds_its_first_frame():
    gif = encoded("GIF")
    height, width = headers.header_size(gif[:6] + struct.pack("<2H", 4, 40) + gif[10:])
    assert (int(height), int(width)) == (40, 300)


@pytest.mark.parametrize("kind", ["jpeg", "png", "bmp", "webp"])
def test_file_that_ends_in_its_header_is_refused(kind):
    with pytest.raises(tf.errors.InvalidArgumentError):
        headers.header_size(STARTS[kind][:12])


def test_size_of_an_unknown_format_is_refused_in_the_graph():
    sizes = tf.data.Dataset.from_tensors(b"a text").map(headers.header_size)
    with pytest.raises(tf.errors.InvalidArgumentError, match="not a JPEG, PNG, GIF"):
        next(iter(sizes))
