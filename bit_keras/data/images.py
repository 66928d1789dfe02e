"""The one preprocessing in the graph: from the bytes of a file to pixels 0..255.

TensorFlow operations only: the same functions run in tf.data and in a SavedModel. Only
`read`, of files on this machine, turns to Python where TensorFlow cannot decode one.
"""

import functools

import tensorflow as tf

from bit_keras.data import copies, formats, headers
from bit_keras.data.headers import MAX_PIXELS, header_size

__all__ = ["MAX_PIXELS", "decode", "header_size", "preprocess", "read", "resize"]

_FILE = tf.TensorSpec((), tf.string)
_PIXELS = tf.TensorSpec((None, None, 3), tf.uint8)
# Functions that stay calls in the graph. An ordinary JPEG needs none of them, and their
# operations, untaken but inlined, would cost as much as decoding a small one.
_APART = {"autograph": False, "experimental_attributes": {"_noinline": True}}


def read(path):
    """Decodes an image file as `decode` does, also of the kinds of `conversion`.

    Args:
        path: scalar string.

    Returns:
        uint8 (height, width, 3).

    Raises:
        tf.errors.OpError: in the graph, as `decode`, and for a file that is not there.
    """
    contents = tf.io.read_file(path)
    ordinary = headers.is_jpeg(contents)
    return decode(tf.cond(ordinary, lambda: contents, lambda: _readable(contents)))


def decode(contents):
    """Decodes an image file as viewers show it: upright, in RGB, over white.

    Of an animation the first frame is taken; 16 bits become 8; CMYK becomes RGB. The
    EXIF turn is applied in JPEG, PNG and WebP.

    Args:
        contents: scalar string, the file. JPEG, PNG, GIF, BMP or WebP, by its content.

    Returns:
        uint8 (height, width, 3).

    Raises:
        tf.errors.InvalidArgumentError: in the graph, for any other format, for damaged
            or cut off data, and, before a pixel is decoded, for over `MAX_PIXELS`.
    """
    image, exif = tf.cond(
        headers.is_jpeg(contents),
        lambda: formats.jpeg(contents),
        lambda: _of_any_format(contents),
    )
    image = tf.cond(exif == b"", lambda: image, lambda: _upright(image, exif))
    return tf.ensure_shape(image, (None, None, 3))


def resize(image, height_width, interpolation="bilinear", antialias=False):
    """Resizes an image.

    Args:
        image: (height, width, channels) or (batch, height, width, channels), any real
            dtype, 0..255.
        height_width: (new_height, new_width) in pixels.
        interpolation: "bilinear" or "bicubic".
        antialias: every pixel is the mean of all that it replaces.

    Returns:
        float32 of the same rank, 0..255.
    """
    image = tf.image.resize(
        image, height_width, method=interpolation, antialias=antialias
    )
    # A bicubic curve goes beyond the values that it connects.
    return image if interpolation == "bilinear" else tf.clip_by_value(image, 0.0, 255.0)


def preprocess(image, preprocessing):
    """Gives what a network gets of an image outside of training.

    Args:
        image: (height, width, channels) or (batch, height, width, channels), any real
            dtype, 0..255.
        preprocessing: `bit_keras.preprocessing.Preprocessing`.

    Returns:
        float32 (crop, crop, channels), or as many of them, 0..255.
    """
    crop = preprocessing.crop
    if preprocessing.share and preprocessing.cut_first:
        image = _middle(image, preprocessing.share)
    if not preprocessing.share or preprocessing.cut_first:
        return _resized(image, [crop, crop], preprocessing)
    size = tf.shape(image)[-3:-1]
    # In whole numbers, so that a long side never comes out one pixel short.
    resized = size * preprocessing.short_side // tf.reduce_min(size)
    image = _resized(image, resized, preprocessing)
    # Rounded half to even, as Python does, and with it timm.
    top, left = tf.unstack(tf.cast(tf.round((resized - crop) / 2), tf.int32))
    image = image[..., top : top + crop, left : left + crop, :]
    return tf.ensure_shape(image, [*image.shape[:-3], crop, crop, image.shape[-1]])


def _middle(image, share):
    """Cuts out the square of a share of the short side, as SimCLR's code does."""
    size = tf.shape(image)[-3:-1]
    short = tf.cast(tf.reduce_min(size), tf.float32)
    side = tf.maximum(tf.cast(tf.round(share * short), tf.int32), 1)
    top, left = tf.unstack((size - side + 1) // 2)
    return image[..., top : top + side, left : left + side, :]


def _resized(image, size, preprocessing):
    method = preprocessing.interpolation
    if not preprocessing.antialias:
        return resize(image, size, method)
    # Pillow resizes the width, then the height, and rounds what it has each time.
    for height_width in ((tf.shape(image)[-3], size[1]), size):
        image = tf.image.resize(image, height_width, method=method, antialias=True)
        image = tf.clip_by_value(tf.round(image), 0.0, 255.0)
    return image


@functools.partial(tf.function, input_signature=[_FILE], **_APART)
def _readable(contents):
    readable = tf.cond(
        headers.file_format(contents) == headers.FORMATS.index("unknown"),
        lambda: tf.numpy_function(copies.readable, [contents], tf.string, False),
        lambda: contents,
    )
    return tf.ensure_shape(readable, ())


@functools.partial(tf.function, input_signature=[_FILE], **_APART)
def _of_any_format(contents):
    decoders = [getattr(formats, name) for name in headers.FORMATS]
    branches = [functools.partial(decoder, contents) for decoder in decoders]
    return tf.switch_case(headers.file_format(contents), branches)


@functools.partial(tf.function, input_signature=[_PIXELS, _FILE], **_APART)
def _upright(image, exif):
    turn = headers.tiff_orientation(exif)
    # EXIF: 5 to 8 are transposed; then rows, columns or both run backwards.
    image = tf.cond(turn >= 5, lambda: tf.transpose(image, (1, 0, 2)), lambda: image)
    backwards = tf.stack([(turn - 1) // 2 % 2, turn // 2 % 2]) == 1
    return tf.reverse(image, tf.where(backwards)[:, 0])
