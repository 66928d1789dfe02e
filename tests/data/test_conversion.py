import concurrent.futures
import importlib
import io
import re
import struct
import threading
import warnings

import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageCms

from bit_keras.data import conversion
from bit_keras.data.conversion import kind_of, to_png
from bit_keras.errors import InputError

LOSSLESS = {
    "TIFF": ("TIFF", {}),
    "TIFF compressed": ("TIFF", {"compression": "tiff_lzw"}),
    "JPEG 2000": ("JPEG2000", {}),
    "PNM": ("PPM", {}),
}
LOSSY = ("AVIF", "HEIC")


def gradient(size=(40, 24)):
    """Red grows to the right, green downwards."""
    width, height = size
    x, y = np.meshgrid(np.linspace(0, 255, width), np.linspace(0, 255, height))
    return Image.fromarray(np.stack([x, y, 0 * x + 90], -1).astype("uint8"))


def written(image, kind, **options):
    file = io.BytesIO()
    if kind == "HEIC":
        pillow_heif.from_pillow(image).save(file, quality=95, **options)
    else:
        image.save(file, kind, **options)
    return file.getvalue()


def converted(contents):
    return Image.open(io.BytesIO(to_png(contents)))


@pytest.mark.parametrize("name", LOSSLESS)
def test_kinds_without_loss_keep_every_pixel(name):
    kind, options = LOSSLESS[name]
    contents = written(gradient(), kind, **options)
    assert kind_of(contents) == name.removesuffix(" compressed")
    found = converted(contents)
    assert found.format == "PNG"
    np.testing.assert_array_equal(np.asarray(found), np.asarray(gradient()))


@pytest.mark.parametrize("kind", LOSSY)
def test_photographs_of_telephones_are_read(kind):
    contents = written(gradient(), kind)
    assert kind_of(contents) == kind
    found = np.asarray(converted(contents)).astype(float)
    assert found.shape == (24, 40, 3)
    assert abs(found - np.asarray(gradient())).mean() < 5


@pytest.mark.parametrize("kind", ["TIFF", "AVIF", "HEIC"])
def test_the_picture_is_upright(kind):
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees to the right
    contents = written(gradient(), kind, exif=exif.tobytes())
    found = np.asarray(converted(contents)).astype(int)
    assert found.shape == (40, 24, 3)
    assert found[0, -1, 0] < 30 < 200 < found[-1, -1, 0]


def test_colours_are_those_that_the_profile_of_the_file_means():
    swapped = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
    lab = ImageCms.profileToProfile(
        gradient(), ImageCms.createProfile("sRGB"), swapped, outputMode="LAB"
    )
    contents = written(lab, "TIFF", icc_profile=swapped.tobytes())
    found = np.asarray(converted(contents)).astype(int)
    assert abs(found - np.asarray(gradient()).astype(int)).mean() < 6


def test_cmyk_becomes_rgb():
    found = converted(written(Image.new("CMYK", (4, 4), (0, 255, 255, 0)), "TIFF"))
    assert found.mode == "RGB"
    assert found.getpixel((0, 0)) == (255, 0, 0)


def test_sixteen_bits_of_gray_are_kept():
    pixels = np.linspace(0, 65535, 24, dtype="uint16").reshape(4, 6)
    found = converted(written(Image.fromarray(pixels), "TIFF"))
    np.testing.assert_array_equal(np.asarray(found), pixels)


def test_of_several_pages_the_first_is_taken():
    pages = {"save_all": True, "append_images": [Image.new("RGB", (9, 9))]}
    assert converted(written(gradient(), "TIFF", **pages)).size == (40, 24)


@pytest.mark.parametrize(
    "contents",
    [b"", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n", b"GIF89a", b"text", b"\0" * 9],
)
def test_other_files_are_of_no_such_kind(contents):
    assert kind_of(contents) is None


def test_the_size_is_looked_at_before_the_pixels(monkeypatch):
    monkeypatch.setattr(conversion, "MAX_PIXELS", 900)
    with pytest.raises(InputError, match="40 x 24 pixels, more than the limit"):
        to_png(written(gradient(), "TIFF"))


@pytest.mark.parametrize("kind", ["TIFF", "JPEG2000", "AVIF", "HEIC"])
def test_what_is_cut_off_is_told(kind):
    contents = written(gradient((400, 300)), kind)
    told = r"damaged, cut off or of a rare kind: its [^\n]+ cannot be decoded [^\n]+"
    with pytest.raises(InputError) as raised:
        to_png(contents[: len(contents) // 3])
    assert re.fullmatch(told, str(raised.value))


def test_filters_of_warnings_stay_where_threads_convert_at_the_same_time(monkeypatch):
    before = list(warnings.filters)
    first_in, second_in, first_out = (threading.Event() for _ in range(3))

    def converted(image, kind):
        entered, left = (
            (second_in, first_out) if kind == "PNM" else (first_in, second_in)
        )
        entered.set()
        assert left.wait(60)

    monkeypatch.setattr(conversion, "_converted", converted)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        first = pool.submit(to_png, written(gradient(), "TIFF"))
        assert first_in.wait(60)
        second = pool.submit(to_png, written(gradient(), "PPM"))
        first.result()
        first_out.set()
        second.result()
    assert list(warnings.filters) == before


def test_damaged_tags_that_nobody_needs_are_passed_over_in_silence():
    contents = written(gradient(), "TIFF", tiffinfo={269: "name of a document"})
    tag = struct.pack("<2H", 269, 2)
    before, after = contents.split(tag)
    contents = before + tag + struct.pack("<I", 10**6) + after[4:]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        importlib.reload(conversion)  # sets its filter, which is asked first then
        assert conversion.to_png(contents) == to_png(written(gradient(), "TIFF"))


@pytest.mark.parametrize(
    ("contents", "told"),
    [
        (b"\0\0\0\x0cJXL \r\n", "JPEG XL is not supported, convert it to JPEG or PNG"),
        (b"8BPS\0\1", "Photoshop is not supported"),
        (b"FUJIFILMCCD-RAW 0201", "camera raw is not supported"),
        (b"II*\0\x10\0\0\0CR\2\0", "camera raw is not supported"),
    ],
)
def test_kinds_that_are_not_taken_are_refused_by_name(contents, told):
    with pytest.raises(InputError, match=told):
        to_png(contents)


def test_the_raw_file_of_a_camera_is_no_tiff():
    tags = {50706: b"\1\4\0\0"}  # the version of DNG
    info = Image.new("RGB", (4, 4))
    contents = written(info, "TIFF", tiffinfo=tags)
    with pytest.raises(InputError, match="camera raw is not supported"):
        to_png(contents)


def test_the_package_for_heic_is_named_where_it_is_missing(monkeypatch):
    contents = written(gradient(), "HEIC")
    monkeypatch.setitem(conversion._CLASSES, "HEIC", ("no_such_module", "A"))
    with pytest.raises(InputError, match="HEIC needs the package pillow-heif"):
        to_png(contents)
