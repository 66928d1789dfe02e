"""Photographs that TensorFlow cannot decode, as PNG: HEIC, AVIF, TIFF, JPEG 2000, PNM.

What is known but not taken, such as the raw files of cameras, is refused by name.
"""

import importlib
import io
import re
import warnings

from PIL import ImageCms, ImageOps

from bit_keras.data.headers import MAX_PIXELS
from bit_keras.errors import InputError

# Of tags that nobody needs, and of sizes that are looked at here. Once and for all, as
# a filter for a while would stay for ever where threads convert at the same time.
warnings.filterwarnings("ignore", module=r"PIL\.(Image|TiffImagePlugin)$")

# What reasons begin with that may pass while a file stays as it is.
UNREADABLE = "cannot be read: "
RAW = "camera raw"
# Each is opened by its own class: what else Pillow opens is nobody's photograph.
_CLASSES = {
    "AVIF": ("PIL.AvifImagePlugin", "AvifImageFile"),
    "HEIC": ("pillow_heif", "HeifImageFile"),
    "JPEG 2000": ("PIL.Jpeg2KImagePlugin", "Jpeg2KImageFile"),
    "PNM": ("PIL.PpmImagePlugin", "PpmImageFile"),
    "TIFF": ("PIL.TiffImagePlugin", "TiffImageFile"),
}
# The first that matches counts. `mif1` and `msf1` are of HEIC and AVIF alike.
_SIGNATURES = (
    (rb"....ftyp(avi[fs]|(mif1|msf1)....(....){0,9}?avi[fs])", "AVIF"),
    (rb"....ftyp(hei|hev|mif1|msf1)", "HEIC"),
    (rb"\0\0\0\x0cjP  |\xff\x4f\xff\x51", "JPEG 2000"),
    (rb"P[1-6][\s#]", "PNM"),
    (rb"....ftypcrx |II\*\0....CR|IIRO|IIRS|MMOR|IIU\0|FUJIFILMCCD-RAW", RAW),
    (rb"II[*+]\0|MM\0[*+]", "TIFF"),
    (rb"\0\0\0\x0cJXL |\xff\x0a", "JPEG XL"),
    (rb"8BPS\0", "Photoshop"),
)
# By which files are known to be images at all; what they are, their first bytes say.
SUFFIXES = {
    **dict.fromkeys((".tif", ".tiff"), "TIFF"),
    **dict.fromkeys((".heic", ".heif", ".hif"), "HEIC"),
    **dict.fromkeys((".avif", ".avifs"), "AVIF"),
    **dict.fromkeys((".jp2", ".j2k", ".jpf", ".jpx"), "JPEG 2000"),
    **dict.fromkeys((".ppm", ".pgm", ".pbm", ".pnm"), "PNM"),
    ".jxl": "JPEG XL",
    ".psd": "Photoshop",
    **dict.fromkeys((".cr2", ".cr3", ".nef", ".arw", ".dng"), RAW),
    **dict.fromkeys((".orf", ".rw2", ".raf", ".pef", ".srw"), RAW),
}
_SUB_IMAGES, _KIND_OF_IMAGE, _DNG_VERSION = 330, 254, 50706  # tags of TIFF


def kind_of(contents):
    """Gives the name of a kind that TensorFlow does not decode, by the first bytes.

    Args:
        contents: bytes of a file.

    Returns:
        str such as "HEIC"; None for every other file, be it an image or not.
    """
    for signature, kind in _SIGNATURES:
        if re.match(signature, contents, re.DOTALL):
            return kind
    return None


def to_png(contents):
    """Converts a photograph without loss: upright, in sRGB; of several the first.

    16 bits of gray and alpha are kept; 16 bits of colour become 8.

    Args:
        contents: bytes of a file of which `kind_of` knows the kind.

    Returns:
        bytes of a PNG.

    Raises:
        InputError: in a few words, for kinds that are not taken, for damaged data and,
            before a pixel is decoded, for more than `MAX_PIXELS`.
    """
    kind = kind_of(contents)
    if kind not in _CLASSES:
        raise not_supported(kind)
    opener = _opener(kind)
    try:
        return _converted(opener(io.BytesIO(contents)), kind)
    except InputError:
        raise
    except Exception as error:  # of any class, as files and libraries have it
        reason = " ".join(str(error).split())
        raise InputError(
            "damaged, cut off or of a rare kind: its "
            f"{kind} data cannot be decoded ({reason})"
        ) from error


def not_supported(kind):
    """Gives the `InputError` for a file of a kind that is not taken."""
    return InputError(f"{kind} is not supported, convert it to JPEG or PNG")


def _opener(kind):
    module, name = _CLASSES[kind]
    try:
        return getattr(importlib.import_module(module), name)
    except ImportError as error:
        raise InputError(
            f"{UNREADABLE}{kind} needs the package pillow-heif, the extra heic of "
            "bit-keras: pip install pillow-heif"
        ) from error


def _converted(image, kind):
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise InputError(
            f"{width} x {height} pixels, more than the limit of "
            f"{MAX_PIXELS // 10**6} million; not decoded"
        )
    if kind == "TIFF" and _is_raw(image.tag_v2):
        raise not_supported(RAW)
    if image.mode == "F" or (image.mode == "I" and kind != "PNM"):
        raise not_supported(f"{kind} of more than 16 bits, or of negative numbers,")
    image = _in_srgb(ImageOps.exif_transpose(image))
    png = io.BytesIO()
    # Pixels are all that is kept, and time counts more than the last bytes.
    image.save(png, "PNG", compress_level=1, icc_profile=None)
    return png.getvalue()


def _is_raw(tags):
    """Whether a TIFF is a preview beside what a sensor measured: DNG, NEF, ARW …"""
    is_preview = tags.get(_KIND_OF_IMAGE, 0) & 1 and _SUB_IMAGES in tags
    return is_preview or _DNG_VERSION in tags


def _in_srgb(image):
    """Gives the image in a mode that PNG has, its colours by its own profile."""
    profile = image.info.get("icc_profile")
    if image.mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16", "I;16B"):
        mode = image.mode
    elif image.mode == "I":
        return image.convert("I;16")
    else:
        mode = "RGBA" if image.mode in ("PA", "RGBa", "La") else "RGB"
    if profile and image.mode in ("RGB", "RGBA", "CMYK", "LAB"):
        try:
            own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            srgb = ImageCms.createProfile("sRGB")
            return ImageCms.profileToProfile(image, own, srgb, outputMode=mode)
        except ImageCms.PyCMSError:
            pass  # no profile of these pixels, and then most likely sRGB is meant
    return image if image.mode == mode else image.convert(mode)
