"""The one preprocessing in the graph: from the bytes of a file to pixels 0..255.

TensorFlow operations only: the same functions run in tf.data and in a SavedModel.
"""

import tensorflow as tf

from bit_keras.data import headers
from bit_keras.data.headers import header_size

__all__ = ["MAX_PIXELS", "decode", "header_size", "resize"]

# Above what cameras give as a rule (phones 12 to 108 million, medium format 100 to 150),
# and 450 MB as RGB; a bomb such as 40001 x 40001 in 200 kB would be 4.8 GB.
MAX_PIXELS = 150_000_000

_WHITE = 255


def decode(contents):
    """Decodes an image file as every viewer shows it, upright and in RGB.

    Transparency is blended over white, 16 bits become 8, the first frame stands for an
    animation, CMYK becomes RGB. An EXIF turn is applied in JPEG, PNG and WebP.

    Args:
        contents: scalar string, the file. JPEG, PNG, GIF, BMP or WebP, by its content.

    Returns:
        uint8 (height, width, 3).

    Raises:
        tf.errors.InvalidArgumentError: in the graph, for any other format, for damaged
            or cut off data, and, before a pixel is decoded, for over `MAX_PIXELS`.
    """
    decoders = [_jpeg, _png, _gif, _bmp, _webp, _unknown]
    image = tf.switch_case(
        headers.file_format(contents),
        [lambda decoder=decoder: decoder(contents) for decoder in decoders],
    )
    return tf.ensure_shape(image, (None, None, 3))


def resize(image, height_width):
    """Resizes bilinearly, without antialiasing, as BiT was trained and evaluated.

    Args:
        image: (height, width, 3) or (batch, height, width, 3), any real dtype, 0..255.
        height_width: (new_height, new_width) in pixels.

    Returns:
        float32 of the same rank, 0..255.
    """
    return tf.image.resize(image, height_width, method="bilinear", antialias=False)


def _jpeg(contents):
    contents = _checked(contents, headers.jpeg_size(contents))
    image = tf.io.decode_jpeg(contents, channels=3)
    # The walk through the segments costs more than this search, and most files that
    # people train on have lost their EXIF tags.
    start = tf.strings.substr(contents, 0, headers.EXIF_BYTES)
    return tf.cond(
        tf.strings.regex_full_match(start, r"\C*Exif\x00\x00\C*"),
        lambda: _upright(image, headers.jpeg_orientation(contents)),
        lambda: image,
    )


def _png(contents):
    contents = _checked(contents, headers.png_size(contents))
    position = headers.find_png_chunk(contents, b"tRNS")
    has_palette_alpha = headers.data_at(contents, position + 4, 4) == b"tRNS"
    has_alpha = headers.number_at(contents, 25, 1) >= 4  # colour types 4 and 6
    # Four channels only where there is alpha: for opaque gray of 1, 2 or 4 bits the
    # operation would give an alpha of 1, 3 or 15 instead of 255.
    image = tf.cond(
        has_alpha | has_palette_alpha,
        lambda: _over_white(tf.io.decode_png(contents, channels=4)),
        lambda: tf.io.decode_png(contents, channels=3),
    )
    return _upright(image, headers.png_orientation(contents))


def _gif(contents):
    contents = _checked(contents, headers.gif_size(contents))
    contents = _without_transparency(contents)
    return tf.io.decode_image(contents, channels=3, expand_animations=False)


def _without_transparency(gif):
    """Makes the transparent colour of the first frame white: decoding makes it black."""
    frame, control = headers.gif_first_frame(gif)
    flags, local = (headers.number_at(gif, at, 1) for at in (control + 3, frame + 9))
    return gif


def _bmp(contents):
    contents = _checked(contents, headers.bmp_size(contents))
    return tf.io.decode_bmp(contents, channels=3)


def _webp(contents):
    contents = _checked(contents, headers.webp_size(contents))
    return tf.io.decode_webp(contents)[0]


def _unknown(contents):
    headers.unknown_size(contents)
    return tf.zeros((0, 0, 3), tf.uint8)


def _checked(contents, size):
    height, width = size
    message = tf.strings.join(
        [
            tf.strings.as_string(width),
            " x ",
            tf.strings.as_string(height),
            f" pixels, more than the limit of {MAX_PIXELS // 10**6} million; not decoded",
        ]
    )
    return headers.require(height * width <= MAX_PIXELS, message, [contents])[0]


def _over_white(image):
    color, alpha = tf.split(tf.cast(image, tf.uint16), [3, 1], axis=-1)
    blended = color * alpha + 255 * (255 - alpha) + 128
    # Division by 255, rounded, without leaving 16 bits.
    shifted = blended + tf.bitwise.right_shift(blended, tf.cast(8, tf.uint16))
    return tf.cast(tf.bitwise.right_shift(shifted, tf.cast(8, tf.uint16)), tf.uint8)


def _upright(image, orientation):
    # EXIF: 5 to 8 are transposed; then rows and columns may run backwards.
    image = tf.cond(
        orientation >= 5, lambda: tf.transpose(image, (1, 0, 2)), lambda: image
    )
    backwards = tf.gather(
        [[False, False], [False, False], [False, True], [True, True], [True, False]] + [[False, False], [False, True], [True, True], [True, False]],
        orientation,
    )
    return tf.cond(
        tf.reduce_any(backwards),
        lambda: tf.reverse(image, tf.where(backwards)[:, 0]),
        lambda: image,
    )
