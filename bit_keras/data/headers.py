"""What the header of an image file says, read in the graph without decoding.

Everything works on one scalar string tensor, the whole file. Bytes past the end of the
file count as zero, so that a short file is found wanting and is never read beyond.
Positions are int32 scalars; sizes are int64 tensors (height, width).

Formats: ITU-T T.81 and Exif 2.3 (JPEG), the specifications of PNG, GIF89a and of the
WebP container, and the BITMAPINFOHEADER of Windows.
"""

import functools

import numpy as np
import tensorflow as tf

# Above what cameras give as a rule (phones 12 to 108 million, medium format up to 150),
# and 450 MB as RGB. A bomb such as 40001 x 40001 in 200 kB would take 4.8 GB.
MAX_PIXELS = 150_000_000
FORMATS = ("jpeg", "png", "gif", "bmp", "webp", "unknown")
EXIF_BYTES = 65536  # one JPEG segment, the longest home of the EXIF tags
LONGEST_WALK = 1000  # blocks of a GIF before its first frame


def is_jpeg(contents):
    """Whether the file begins as a JPEG does."""
    return tf.strings.substr(contents, 0, 3) == b"\xff\xd8\xff"


def file_format(contents):
    """Index into `FORMATS`, by the first bytes of the file."""
    start = tf.strings.substr(contents, 0, 12)
    matches = [is_jpeg(contents)]
    for signature in (r"\CPNG\r\n", "GIF8[79]a", "BM", r"RIFF\C{4}WEBP"):
        matches.append(tf.strings.regex_full_match(start, signature + r"\C*"))
    return tf.argmax(tf.stack([*matches, True]), output_type=tf.int32)


def header_size(contents):
    """Size of an image as its header gives it, before any pixel is decoded.

    Args:
        contents: scalar string, the file. JPEG, PNG, GIF, BMP or WebP.

    Returns:
        (height, width): two int64 scalars in pixels, both at least 1, as stored: an
        EXIF turn is not applied.

    Raises:
        tf.errors.InvalidArgumentError: in the graph, for any other format and for a
            damaged header.
    """
    readers = [jpeg_size, png_size, gif_size, bmp_size, webp_size, unknown_size]
    branches = [functools.partial(reader, contents) for reader in readers]
    size = tf.switch_case(file_format(contents), branches)
    return size[0], size[1]


def require(condition, message, tensor):
    """Gives `tensor` back where `condition` holds; else raises in the graph.

    Whatever is computed from the result waits for the check. `message` is a list of
    texts and tensors.
    """
    with tf.control_dependencies([tf.debugging.Assert(condition, message)]):
        return tf.identity(tensor)


def within_limit(contents, size):
    """Gives `contents` back if the size is at most `MAX_PIXELS`; else raises."""
    message = (
        f"pixels, more than the limit of {MAX_PIXELS // 10**6} million; not decoded"
    )
    return require(
        tf.reduce_prod(size) <= MAX_PIXELS,
        ["height and width", size, message],
        contents,
    )


def data_at(contents, position, length):
    """Bytes [position, position + length) as a string, cut at the end of the file."""
    start = tf.minimum(position, tf.strings.length(contents))
    return tf.strings.substr(contents, start, length)


def after(contents, mark):
    """Bytes behind the first `mark`; none where it does not occur."""
    return tf.strings.reduce_join(tf.strings.split(contents, mark, maxsplit=1)[1:])


def numbers(contents, *fields, big_endian=False):
    """Unsigned integers at the (position, length) of each field, as int64 (fields,)."""
    end = max(position + length for position, length in fields)
    weights = np.zeros((len(fields), end), np.int64)
    for row, (position, length) in zip(weights, fields, strict=True):
        powers = 256 ** np.arange(length)
        row[position : position + length] = powers[::-1] if big_endian else powers
    start = tf.io.decode_raw(contents, tf.uint8, fixed_length=end)
    return tf.reduce_sum(tf.cast(start, tf.int64) * weights, axis=1)


def jpeg_size(contents):
    """Size of a JPEG; see `header_size`."""
    return tf.cast(tf.io.extract_jpeg_shape(contents)[:2], tf.int64)


def png_size(contents):
    """Size of a PNG; see `header_size`."""
    return _sound(numbers(contents, (20, 4), (16, 4), big_endian=True))


def gif_size(contents):
    """Size of a GIF: its canvas, widened to hold the first frame; see `header_size`."""
    return gif_first_frame(contents)[0]


def bmp_size(contents):
    """Size of a BMP; see `header_size`. A negative height: rows from the top."""
    header, height, width = tf.unstack(numbers(contents, (14, 4), (22, 4), (18, 4)))
    message = "a BMP of OS/2 is not supported, convert it to JPEG or PNG"
    height = require(header >= 40, [message], height)
    return _sound(tf.stack([tf.minimum(height, 2**32 - height), width]))


def webp_size(contents):
    """Size of a WebP, of the canvas if it moves; see `header_size`."""
    kind = data_at(contents, 12, 4)
    packed, *sizes = tf.unstack(
        numbers(contents, (21, 4), (28, 2), (26, 2), (27, 3), (24, 3))
    )
    lossless = tf.stack([packed // 2**14, packed]) % 2**14 + 1
    lossy, extended = tf.stack(sizes[:2]) % 2**14, tf.stack(sizes[2:]) + 1
    still = tf.where(kind == b"VP8L", lossless, lossy)
    return _sound(tf.where(kind == b"VP8X", extended, still))


def unknown_size(contents):
    """Raises, in the graph, for a file of no known format."""
    message = "not a JPEG, PNG, GIF, BMP or WebP image"
    return require(tf.strings.length(contents) < 0, [message], tf.zeros(2, tf.int64))


def _sound(size):
    message = "damaged or cut off: the header gives no size"
    return require(tf.reduce_all(size > 0), [message], size)


def gif_first_frame(contents):
    """Finds the first frame of a GIF.

    Returns:
        (size, frame, control): the size of the canvas, widened to hold the frame, and
        the positions of the frame's descriptor and of the control block before it,
        which names the transparent colour (0 if there is none).
    """
    height, width, flags = tf.unstack(numbers(contents, (8, 2), (6, 2), (10, 1)))
    colours = tf.where(flags >= 128, 2 ** (flags % 8 + 1), 0)

    def more(position, inside, control):
        extension = data_at(contents, position, 1) == b"!"
        return (position < tf.strings.length(contents)) & (inside | extension)

    def following(position, inside, control):
        # An extension is two bytes and sub-blocks, each behind its length; 0 ends it.
        length = tf.cast(numbers(data_at(contents, position, 1), (0, 1))[0], tf.int32)
        is_control = ~inside & (data_at(contents, position, 2) == b"!\xf9")
        return (
            position + tf.where(inside, length + 1, 2),
            ~inside | (length > 0),
            tf.where(is_control, position, control),
        )

    start = [tf.cast(13 + 3 * colours, tf.int32), False, 0]
    frame, _, control = tf.while_loop(
        more, following, start, maximum_iterations=LONGEST_WALK
    )
    frame_data = data_at(contents, frame, 9)
    spans = tf.reshape(numbers(frame_data, (3, 2), (1, 2), (7, 2), (5, 2)), (2, 2))
    size = tf.maximum(tf.stack([height, width]), tf.reduce_sum(spans, axis=0))
    return _sound(size), frame, control


def tiff_orientation(tiff):
    """Orientation among the EXIF tags of a TIFF block in either byte order.

    Args:
        tiff: scalar string that begins with the block; what follows is passed over.

    Returns:
        int32 scalar 1..8; 1 where the block says nothing, or is none.
    """
    data = tf.io.decode_raw(tiff, tf.uint8, fixed_length=EXIF_BYTES)
    little_endian = data[0] == ord("I")
    powers = tf.where(little_endian, [1, 256], [256, 1])

    def short(pairs):
        return tf.reduce_sum(tf.cast(pairs, tf.int32) * powers, axis=-1)

    # EXIF ends within 65536 bytes, so the lower half of an offset is all of it.
    start = short(tf.where(little_endian, data[4:6], data[6:8]))
    is_tiff = short(data[2:4]) == 42
    count = tf.where(is_tiff, short(data[start : start + 2]), 0)
    entries = data[start + 2 :][: 12 * count]
    entries = tf.reshape(entries[: tf.size(entries) // 12 * 12], (-1, 12))
    is_orientation = short(entries[:, :2]) == 274
    turns = tf.concat([short(entries[:, 8:10])[is_orientation], [1]], axis=0)
    return tf.where((turns[0] >= 1) & (turns[0] <= 8), turns[0], 1)
