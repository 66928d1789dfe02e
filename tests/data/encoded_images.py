"""Small image files of every kind that is read, made by Pillow."""

import io
import struct

import numpy as np
from PIL import Image, ImageOps


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
    "webp animated lossless": animated("WEBP", "RGB", lossless=True),
    "webp animated with alpha": animated("WEBP", "RGBA", lossless=True),
}
JPEG = {
    "rgb": encoded(picture(), "JPEG"),
    "gray": encoded(picture("L"), "JPEG"),
    "cmyk": encoded(picture("CMYK"), "JPEG", quality=95),
    "progressive": encoded(picture(), "JPEG", progressive=True),
}
