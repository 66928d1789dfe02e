"""Decoders of the five formats, in the graph, with what TensorFlow's own leave out.

Each takes a scalar string, the file, and gives (image, exif): uint8 (height, width, 3)
as stored, over white, and the EXIF block, empty where there is none that matters. Each
raises tf.errors.InvalidArgumentError, in the graph, for damaged data and, before any
pixel is decoded, for more than `headers.MAX_PIXELS`.
"""

import tensorflow as tf

from bit_keras.data import headers

# An EXIF block with a turn somewhere behind its beginning, in either byte order. It may
# match by chance, and then the true walk through the tags decides.
_TURNED = (
    r"Exif\x00\x00(?:II\*\x00\C*?\x12\x01\x03\x00\x01\x00\x00\x00"
    r"|MM\x00\*\C*?\x01\x12\x00\x03\x00\x00\x00\x01\x00)[\x02-\x08]"
)


def jpeg(contents):
    contents = headers.within_limit(contents, headers.jpeg_size(contents))
    start = tf.strings.substr(contents, 0, headers.EXIF_BYTES)
    # A replacement, as the only search that skips quickly to where a match can begin.
    without = tf.strings.regex_replace(start, _TURNED, "", replace_global=False)
    exif = tf.cond(
        start == without,
        lambda: tf.constant(b""),
        lambda: headers.after(start, b"Exif\0\0"),
    )
    return tf.io.decode_jpeg(contents, channels=3, dct_method="INTEGER_ACCURATE"), exif


def unknown(contents):
    size = headers.unknown_size(contents)
    return tf.zeros([size[0], size[1], 3], tf.uint8), tf.constant(b"")


def png(contents):
    contents = headers.within_limit(contents, headers.png_size(contents))
    start = tf.strings.split(contents, b"IDAT", maxsplit=1)[0]
    has_mask = tf.strings.regex_full_match(start, r"\C*tRNS\C*")
    has_alpha = headers.numbers(contents, (25, 1))[0] >= 4  # colour types 4 and 6
    # Four channels only where there is alpha: opaque gray of 1, 2 or 4 bits would be
    # given an alpha of 1, 3 or 15 instead of 255.
    image = tf.cond(
        has_mask | has_alpha,
        lambda: _over_white(tf.io.decode_png(contents, channels=4)),
        lambda: tf.io.decode_png(contents, channels=3),
    )
    return image, headers.after(contents, b"eXIf")


def gif(contents):
    size, frame, control = headers.gif_first_frame(contents)
    contents = headers.within_limit(contents, size)
    # Decoding would move an offset frame within itself instead of on the canvas.
    left, top = tf.unstack(
        headers.numbers(headers.data_at(contents, frame, 5), (1, 2), (3, 2))
    )
    contents = _replaced(contents, frame + 1, b"\0" * 4)
    contents = _gif_over_white(contents, frame, control)
    image = tf.io.decode_image(contents, channels=3, expand_animations=False)
    return _on_canvas(image, left, top, size), tf.constant(b"")


def _gif_over_white(contents, frame, control):
    """Turns the transparent colour into white; decoding would make it black."""
    is_transparent, index = tf.unstack(
        headers.numbers(headers.data_at(contents, control, 7), (3, 1), (6, 1))
    )
    shared = headers.numbers(contents, (10, 1))[0]
    own = headers.numbers(headers.data_at(contents, frame, 10), (9, 1))[0]
    palette = tf.where(own >= 128, frame + 10, 13)
    colours = 2 ** (tf.where(own >= 128, own, shared) % 8 + 1)
    position = palette + 3 * tf.cast(index, tf.int32)
    white = _replaced(contents, position, b"\xff" * 3)
    return tf.where(
        (control > 0) & (is_transparent % 2 == 1) & (index < colours),
        _replaced(white, control + 3, b"\0"),
        contents,
    )


def bmp(contents):
    size = headers.bmp_size(contents)
    contents = headers.within_limit(contents, size)
    start, header, bits, compression, red, green, blue, mask = tf.unstack(
        headers.numbers(
            contents,
            *[(10, 4), (14, 4), (28, 2), (30, 4), (54, 4), (58, 4), (62, 4), (66, 4)],
        )
    )
    usual = (red == 0xFF0000) & (green == 0xFF00) & (blue == 0xFF)
    masked = (compression == 3) & (bits == 32) & usual
    plain = (compression == 0) & ((bits == 8) | (bits == 24) | (bits == 32))
    message = "BMP of this kind is not supported, convert it to JPEG or PNG"
    contents = headers.require(plain | masked, [message], contents)
    # Decoding refuses a file that goes on after its pixels.
    end = tf.minimum(start + (size[1] * bits + 31) // 32 * 4 * size[0], 2**31 - 1)
    contents = tf.strings.substr(contents, 0, tf.cast(end, tf.int32))
    has_alpha = masked & (header >= 56) & (mask > 0)
    image = tf.switch_case(
        tf.where(bits == 8, 0, tf.where(has_alpha, 1, 2)),
        [
            lambda: _bmp_in_colours(contents, tf.cast(14 + header, tf.int32)),
            lambda: _over_white(tf.io.decode_bmp(contents, channels=4)),
            lambda: tf.io.decode_bmp(contents, channels=3),
        ],
    )
    return image, tf.constant(b"")


def _bmp_in_colours(contents, position):
    """Looks up the palette, which decoding passes over."""
    palette = headers.data_at(contents, position, 1024)
    palette = tf.io.decode_raw(palette, tf.uint8, fixed_length=1024)
    colours = tf.gather(tf.reshape(palette, (256, 4)), [2, 1, 0], axis=1)
    indices = tf.io.decode_bmp(contents)[..., 0]
    return tf.gather(colours, tf.cast(indices, tf.int32))


def webp(contents):
    size = headers.webp_size(contents)
    contents = headers.within_limit(contents, size)
    flags = headers.numbers(contents, (20, 1))[0]
    is_extended = tf.strings.substr(contents, 12, 4) == b"VP8X"
    image = tf.cond(
        is_extended & (flags // 2 % 2 == 1),
        lambda: _webp_first_frame(contents, size),
        lambda: _webp_still(contents),
    )
    # Behind the length; some keep the six bytes that introduce the block in a JPEG.
    exif = headers.data_at(headers.after(contents, b"EXIF"), 4, headers.EXIF_BYTES)
    return image, tf.strings.regex_replace(exif, r"^Exif\x00\x00", "")


def _webp_still(contents):
    image = tf.io.decode_webp(contents)[0]
    return tf.cond(tf.shape(image)[-1] == 4, lambda: _over_white(image), lambda: image)


def _webp_first_frame(contents, size):
    """Makes a still of an animation, whose decoding can corrupt the memory."""
    before = tf.strings.split(contents, b"ANMF", maxsplit=1)[0]
    frame = tf.strings.length(before)
    left, top = tf.unstack(
        2 * headers.numbers(headers.data_at(contents, frame, 14), (8, 3), (11, 3))
    )
    still = _replaced(contents, 24, headers.data_at(contents, frame + 14, 6))
    still = _replaced(still, 20, b"\x10")  # has alpha, does not move
    # What stands before the pixels of the frame becomes a chunk of no known name.
    still = _replaced(still, frame, b"past\x10\0\0\0")
    return _on_canvas(_webp_still(still), left, top, size)


def _replaced(contents, position, data):
    end = position + tf.strings.length(data)
    rest = headers.data_at(contents, end, 2**31 - 1)
    return tf.strings.join([headers.data_at(contents, 0, position), data, rest])


def _on_canvas(image, left, top, size):
    size, shape = tf.cast(size, tf.int32), tf.shape(image)
    start = tf.stack([tf.cast(top, tf.int32), tf.cast(left, tf.int32), 0])
    end = tf.concat([size, [3]], axis=0) - start - shape
    return tf.pad(image, tf.stack([start, end], axis=1), constant_values=255)


def _over_white(image):
    colour, alpha = tf.split(tf.cast(image, tf.uint16), [3, 1], axis=-1)
    # Divided by 255, rounded, within 16 bits: the pixels of a large photograph count.
    blended = colour * alpha + 255 * (255 - alpha) + 128
    shift = tf.constant(8, tf.uint16)
    blended += tf.bitwise.right_shift(blended, shift)
    return tf.cast(tf.bitwise.right_shift(blended, shift), tf.uint8)
