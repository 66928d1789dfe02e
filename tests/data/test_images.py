import io
import struct

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image, ImageOps

from bit_keras.data import images


def picture(mode="RGB", size=(22, 14)):
    """A smooth picture, not square, that no turn or mirror leaves as it is."""
    width, height = size
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    channels = [x * 255 // width, y * 255 // height, (x * y) % 256]
    rgb = Image.fromarray(np.stack(channels, axis=-1).astype("uint8"))
    if mode in ("RGBA", "LA"):
        rgb.putalpha(Image.fromarray((255 - x * 8).clip(0, 255).astype("uint8")))
    return rgb.convert(mode)


def encoded(image, kind, **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def animated(kind, mode, **options):
    frames = [picture(mode).rotate(90)]
    return encoded(picture(mode), kind, save_all=True, append_images=frames, **options)


def shown(contents):
    """What Pillow shows: the first frame, upright, over white."""
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(contents))).convert("RGBA")
    white = Image.new("RGBA", image.size, "white")
    return np.asarray(Image.alpha_composite(white, image).convert("RGB"))


def orientation_tags(orientation, order="II"):
    mark = "<" if order == "II" else ">"
    tags = struct.pack(mark + "2H4s", 0x0100, 3, b"\0" * 4) + b"\0" * 4
    tags += struct.pack(mark + "2HI2H", 0x0112, 3, 1, orientation, 0)
    head = order.encode() + struct.pack(mark + "HIH", 42, 8, 2)
    return head + tags + b"\0" * 4


def with_mask(bmp):
    """Makes a 32-bit BMP whose header declares where its alpha is."""
    pixels = bmp[54:]
    head = struct.pack("<2sIII", b"BM", 14 + 108 + len(pixels), 0, 14 + 108)
    info = struct.pack("<I", 108) + bmp[18:30] + struct.pack("<II", 3, len(pixels))
    masks = struct.pack("<4I", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    return head + info + bmp[38:54] + masks + b"\0" * 52 + pixels


def top_down(bmp, row_bytes):
    rows = [bmp[at : at + row_bytes] for at in range(54, len(bmp), row_bytes)]
    return bmp[:22] + struct.pack("<i", -len(rows)) + bmp[26:54] + b"".join(rows[::-1])


def moved_frame(gif):
    """Puts the only frame of a GIF at (3, 2) on a larger canvas."""
    frame = gif.index(b",\0\0\0\0")
    canvas = gif[:6] + struct.pack("<2H", 25, 16) + gif[10:frame]
    return canvas + b"," + struct.pack("<2H", 3, 2) + gif[frame + 5 :]


TRANSPARENT = picture().quantize(8)
EXACT = {
    "png": encoded(picture(), "PNG"),
    "png of one bit": encoded(picture("1"), "PNG"),
    "png of four bits": encoded(picture("L").quantize(16), "PNG", bits=4),
    "png gray": encoded(picture("L"), "PNG"),
    "png with alpha": encoded(picture("RGBA"), "PNG"),
    "png gray with alpha": encoded(picture("LA"), "PNG"),
    "png palette": encoded(TRANSPARENT, "PNG"),
    "png palette with transparency": encoded(TRANSPARENT, "PNG", transparency=2),
    "png with a transparent colour": encoded(picture("L"), "PNG", transparency=0),
    "png turned": encoded(picture(), "PNG", exif=orientation_tags(6)),
    "gif animated": animated("GIF", "P"),
    "gif transparent": encoded(TRANSPARENT, "GIF", transparency=2),
    "bmp": encoded(picture(), "BMP"),
    "bmp of 32 bits": encoded(picture("RGBA"), "BMP"),
    "bmp with alpha": with_mask(encoded(picture("RGBA"), "BMP")),
    "bmp with a palette": encoded(TRANSPARENT, "BMP"),
    "bmp from the top": top_down(encoded(picture(), "BMP"), 68),
    "bmp with something behind": encoded(picture(), "BMP") + b"\0\0",
    "webp": encoded(picture(), "WEBP"),
    "webp lossless": encoded(picture(), "WEBP", lossless=True),
    "webp with alpha": encoded(picture("RGBA"), "WEBP", lossless=True),
    "webp turned": encoded(picture(), "WEBP", exif=b"Exif\0\0" + orientation_tags(8)),
    "webp animated": animated("WEBP", "RGB"),
    "webp animated with alpha": animated("WEBP", "RGBA", lossless=True),
}
JPEG = {
    "rgb": encoded(picture(), "JPEG"),
    "gray": encoded(picture("L"), "JPEG"),
    "cmyk": encoded(picture("CMYK"), "JPEG", quality=95),
    "progressive": encoded(picture(), "JPEG", progressive=True),
}


@pytest.mark.parametrize("kind", EXACT)
def test_shows_what_pillow_shows(kind):
    decoded = images.decode(EXACT[kind]).numpy()
    reference = shown(EXACT[kind])
    assert decoded.shape == reference.shape
    np.testing.assert_allclose(decoded.astype(int), reference.astype(int), atol=1)


@pytest.mark.parametrize("kind", JPEG)
def test_jpeg_is_as_pillow_decodes_it(kind):
    difference = images.decode(JPEG[kind]).numpy() - shown(JPEG[kind]).astype(int)
    assert np.abs(difference).mean() < 1


@pytest.mark.parametrize("order", ["II", "MM"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_jpeg_is_turned_upright(orientation, order):
    exif = b"Exif\0\0" + orientation_tags(orientation, order)
    contents = encoded(picture(), "JPEG", exif=exif)
    decoded = images.decode(contents).numpy()
    assert decoded.shape == ((14, 22, 3) if orientation < 5 else (22, 14, 3))
    assert np.abs(decoded - shown(contents).astype(int)).mean() < 1


def test_turn_is_found_behind_another_segment():
    plain = encoded(picture(), "JPEG", comment=b"Exif or not")
    exif = b"Exif\0\0" + orientation_tags(3)
    segment = b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif
    frame = plain.index(b"\xff\xdb")
    turned = images.decode(plain[:frame] + segment + plain[frame:])
    np.testing.assert_array_equal(turned, images.decode(plain)[::-1, ::-1])


@pytest.mark.parametrize(
    "start", [b"II*\0\xff\xff\0\0", b"MM\0*\0\0\0\x08\xff\xff", b""]
)
def test_damaged_exif_leaves_the_image_as_it_is(start):
    misleading = start + b"\x12\1\3\0\1\0\0\0\6\0" + b"\1\x12\0\3\0\0\0\1\0\6"
    contents = encoded(picture(), "JPEG", exif=b"Exif\0\0" + misleading)
    assert images.decode(contents).shape == (14, 22, 3)


def test_sixteen_bits_are_scaled_to_eight():
    values = (np.arange(6 * 4) * 2800).astype("uint16").reshape(4, 6)
    decoded = images.decode(encoded(Image.fromarray(values), "PNG")).numpy()
    np.testing.assert_allclose(decoded[..., 1], values / 257.0, atol=1)


def test_frame_of_a_gif_stands_where_it_belongs_on_white():
    contents = encoded(TRANSPARENT, "GIF")
    decoded = images.decode(moved_frame(contents)).numpy()
    expected = np.full((16, 25, 3), 255)
    expected[2:16, 3:25] = shown(contents)
    np.testing.assert_array_equal(decoded, expected)


@pytest.mark.parametrize(
    "kind", ["png", "gif animated", "bmp", "webp", "webp animated"]
)
def test_cut_off_file_raises(kind):
    with pytest.raises(tf.errors.InvalidArgumentError):
        images.decode(EXACT[kind][: len(EXACT[kind]) // 2])


@pytest.mark.parametrize("kind", JPEG)
def test_cut_off_jpeg_raises(kind):
    with pytest.raises(tf.errors.InvalidArgumentError):
        images.decode(JPEG[kind][:-20])


def test_bomb_is_refused_by_its_header():
    header = struct.pack(">II5B", 40001, 40001, 1, 0, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + header + b"\0" * 100
    with pytest.raises(tf.errors.InvalidArgumentError, match="limit of 150 million"):
        images.decode(bomb)


@pytest.mark.parametrize("contents", [b"", b"<html></html>", b"\0" * 999])
def test_other_files_are_refused(contents):
    with pytest.raises(tf.errors.InvalidArgumentError, match="not a JPEG, PNG"):
        images.decode(contents)


def test_bmp_of_one_bit_is_refused_in_words():
    with pytest.raises(tf.errors.InvalidArgumentError, match="convert it to JPEG"):
        images.decode(encoded(picture("1"), "BMP"))


def test_decodes_every_kind_in_a_parallel_map():
    files = [*EXACT.values(), *JPEG.values()]
    dataset = tf.data.Dataset.from_tensor_slices(files)
    dataset = dataset.map(images.decode, num_parallel_calls=4)
    assert dataset.element_spec.shape.as_list() == [None, None, 3]
    for decoded, contents in zip(dataset, files, strict=True):
        np.testing.assert_array_equal(decoded, images.decode(contents))


def test_decodes_in_a_saved_model(tmp_path):
    signature = [tf.TensorSpec((), tf.string)]
    module = tf.Module()
    module.decode = tf.function(images.decode, input_signature=signature)
    tf.saved_model.save(module, tmp_path)
    decode = tf.saved_model.load(tmp_path).decode
    turned = encoded(picture(), "JPEG", exif=b"Exif\0\0" + orientation_tags(6))
    for contents in (turned, EXACT["png with alpha"]):
        np.testing.assert_array_equal(decode(contents), images.decode(contents))


@pytest.mark.parametrize("size", [48, 128, 160])
def test_resizes_as_the_published_preprocessing(golden, size):
    arrays = golden("06_bit_preprocess.npz")
    resized = images.resize(arrays["image_u8"], (size, size))
    assert resized.dtype == tf.float32
    expected = arrays[f"bit_eval_{size}"]
    np.testing.assert_allclose((resized - 127.5) / 127.5, expected, atol=1e-5)
