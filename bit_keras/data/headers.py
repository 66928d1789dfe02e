"""What the header of an image file says, read in the graph without decoding.

Everything works on one scalar string tensor, the whole file. Bytes past the end of the
file count as zero, so that a short file is found wanting and is never read beyond.

Formats: ITU-T T.81 and Exif 2.3 (JPEG), the PNG, GIF89a and WebP container
specifications, and the BITMAPINFOHEADER of Windows.
"""

import tensorflow as tf

LONGEST_WALK = 1000  # chunks: a file of nothing but tiny chunks must not hold us up
EXIF_BYTES = 65536  # one JPEG segment, the longest home of the EXIF tags


def file_format(contents):
    """Number of the format: 0 JPEG, 1 PNG, 2 GIF, 3 BMP, 4 WebP, 5 none of them."""
    matches = [
        data_at(contents, 0, 3) == b"\xff\xd8\xff",
        data_at(contents, 0, 8) == b"\x89PNG\r\n\x1a\n",
        data_at(contents, 0, 4) == b"GIF8",
        data_at(contents, 0, 2) == b"BM",
        (data_at(contents, 0, 4) == b"RIFF") & (data_at(contents, 8, 4) == b"WEBP"),
        True,
    ]
    return tf.argmax(tf.stack(matches), output_type=tf.int32)


def header_size(contents):
    """Size of an image as its header gives it, before any pixel is decoded.

    Args:
        contents: scalar string, the file. JPEG, PNG, GIF, BMP or WebP.

    Returns:
        (height, width): two int64 scalars in pixels, both at least 1, as stored: an
        EXIF turn is not applied. For GIF the larger of canvas and first frame.

    Raises:
        tf.errors.InvalidArgumentError: in the graph, for any other format and for a
            damaged header.
    """
    readers = [jpeg_size, png_size, gif_size, bmp_size, webp_size, unknown_size]
    return tf.switch_case(
        file_format(contents), [lambda read=read: read(contents) for read in readers]
    )


def require(condition, message, tensors):
    """Gives `tensors` back where `condition` holds; else raises in the graph.

    Whatever is computed from the result waits for the check.
    """
    with tf.control_dependencies([tf.debugging.Assert(condition, [message])]):
        return [tf.identity(tensor) for tensor in tensors]


def data_at(contents, position, length):
    """Bytes [position, position + length) as a string, cut at the end of the file."""
    size = tf.strings.length(contents)
    return tf.strings.substr(contents, tf.minimum(position, size), length)


def number_at(contents, position, length, *, big_endian=False):
    """Unsigned integer of `length` bytes as an int64 scalar."""
    data = data_at(contents, position, length)
    digits = tf.io.decode_raw(data, tf.uint8, fixed_length=length)
    powers = [256**place for place in range(length)]
    return tf.reduce_sum(
        tf.cast(digits, tf.int64) * (powers[::-1] if big_endian else powers)
    )


def jpeg_size(contents):
    """(height, width) of a JPEG; see `header_size`."""
    shape = tf.cast(tf.io.extract_jpeg_shape(contents), tf.int64)
    return _sound_size(shape[0], shape[1])


def png_size(contents):
    """(height, width) of a PNG; see `header_size`."""
    width = number_at(contents, 16, 4, big_endian=True)
    height = number_at(contents, 20, 4, big_endian=True)
    return _sound_size(height, width)


def gif_size(contents):
    """(height, width) of a GIF; see `header_size`."""
    frame, _ = gif_first_frame(contents)
    width = number_at(contents, frame + 1, 2) + number_at(contents, frame + 5, 2)
    height = number_at(contents, frame + 3, 2) + number_at(contents, frame + 7, 2)
    return _sound_size(
        tf.maximum(height, number_at(contents, 8, 2)),
        tf.maximum(width, number_at(contents, 6, 2)),
    )


def bmp_size(contents):
    """(height, width) of a BMP; see `header_size`. Rows top-down: a negative height."""
    height = tf.bitcast(tf.cast(number_at(contents, 22, 4), tf.uint32), tf.int32)
    return _sound_size(tf.abs(tf.cast(height, tf.int64)), number_at(contents, 18, 4))


def webp_size(contents):
    """(height, width) of a WebP, of the canvas if it moves; see `header_size`."""
    kind = data_at(contents, 12, 4)
    packed = number_at(contents, 21, 4)  # lossless: two 14-bit numbers, less one
    lossy = [number_at(contents, at, 2) % 2**14 for at in (28, 26)]
    lossless = [packed // 2**14 % 2**14 + 1, packed % 2**14 + 1]
    extended = [number_at(contents, at, 3) + 1 for at in (27, 24)]
    sizes = tf.where(kind == b"VP8L", lossless, tf.where(kind == b"VP8X", extended, lossy))
    return _sound_size(sizes[0], sizes[1])


def unknown_size(contents):
    """Raises, in the graph, for a file of no known format."""
    message = "not a JPEG, PNG, GIF, BMP or WebP image"
    height, width = require(False, message, [tf.constant(0, tf.int64)] * 2)
    return height, width


def _sound_size(height, width):
    message = "the header is damaged: the size is missing"
    height, width = require((height > 0) & (width > 0), message, [height, width])
    return height, width


def find_chunk(contents, start, *, until, step):
    """First position in a chain of chunks at which `until` holds, else the end.

    Args:
        contents: scalar string, the file.
        start: int, position of the first chunk.
        until: function of a position (int32 scalar) that gives a bool scalar.
        step: function of a chunk's position that gives its whole length (int64).
    """
    size = tf.strings.length(contents)

    def following(position):
        left = tf.cast(size - position, tf.int64)
        return position + tf.cast(tf.clip_by_value(step(position), 1, left), tf.int32)

    (position,) = tf.while_loop(
        lambda position: (position < size) & ~until(position),
        lambda position: (following(position),),
        [tf.minimum(start, size)],
        maximum_iterations=LONGEST_WALK,
    )
    return position


def find_png_chunk(contents, name):
    """Position of the PNG chunk `name`, or of the first pixels if they come earlier."""

    def until(position):
        here = data_at(contents, position + 4, 4)
        return (here == name) | (here == b"IDAT")

    def step(position):
        return 12 + number_at(contents, position, 4, big_endian=True)

    return find_chunk(contents, 8, until=until, step=step)


def find_webp_chunk(contents, name):
    """Position of the WebP chunk `name`; the end of the file where there is none."""

    def step(position):
        length = number_at(contents, position + 4, 4)
        return 8 + length + length % 2

    return find_chunk(
        contents, 12, until=lambda at: data_at(contents, at, 4) == name, step=step
    )


def gif_first_frame(contents):
    """Positions of the first image descriptor of a GIF and of its control block.

    The control block, which holds the transparent colour, is at 0 where it is missing.
    """
    size = tf.strings.length(contents)

    def byte(position):
        return tf.cast(number_at(contents, position, 1), tf.int32)

    def more(position, inside, control):
        return (position < size) & (inside | (byte(position) == 0x21))

    def following(position, inside, control):
        is_control = ~inside & (byte(position + 1) == 0xF9)
        return (
            tf.minimum(position + tf.where(inside, byte(position) + 1, 2), size),
            ~inside | (byte(position) > 0),
            tf.where(is_control, position, control),
        )

    flags = byte(10)
    colours = tf.where(flags >= 128, tf.bitwise.left_shift(2, flags % 8), 0)
    frame, _, control = tf.while_loop(
        more, following, [13 + 3 * colours, False, 0], maximum_iterations=LONGEST_WALK
    )
    return frame, control


def jpeg_orientation(contents):
    """EXIF orientation of a JPEG, an int32 scalar 1..8; 1 where it has none."""

    def is_exif(position):
        marker = data_at(contents, position, 2) == b"\xff\xe1"
        return marker & (data_at(contents, position + 4, 6) == b"Exif\0\0")

    def until(position):
        return is_exif(position) | (data_at(contents, position, 1) != b"\xff")

    def step(position):
        return 2 + number_at(contents, position + 2, 2, big_endian=True)

    position = find_chunk(contents, 2, until=until, step=step)
    exif = data_at(contents, position + 10, EXIF_BYTES)
    return _tiff_orientation(tf.where(is_exif(position), exif, b""))


def png_orientation(contents):
    """EXIF orientation of a PNG, an int32 scalar 1..8; 1 where it has none."""
    position = find_png_chunk(contents, b"eXIf")
    found = data_at(contents, position + 4, 4) == b"eXIf"
    exif = data_at(contents, position + 8, EXIF_BYTES)
    return _tiff_orientation(tf.where(found, exif, b""))


def webp_orientation(contents):
    """EXIF orientation of a WebP file, an int32 scalar 1..8; 1 where it has none."""
    exif = data_at(contents, find_webp_chunk(contents, b"EXIF") + 8, EXIF_BYTES)
    # Some writers keep the six bytes that introduce the same block in a JPEG.
    return _tiff_orientation(tf.strings.regex_replace(exif, r"^Exif\x00\x00", ""))


def _tiff_orientation(tiff):
    data = tf.io.decode_raw(tiff, tf.uint8, fixed_length=EXIF_BYTES)
    powers = tf.where(data[0] == ord("I"), [1, 256], [256, 1])  # "II" is little-endian

    def short(pairs):
        return tf.reduce_sum(tf.cast(pairs, tf.int32) * powers, axis=-1)

    # EXIF ends within 65536 bytes, so the lower half of an offset is all of it.
    start = short(tf.where(data[0] == ord("I"), data[4:6], data[6:8]))
    entries = data[start + 2 :][: 12 * short(data[start : start + 2])]
    entries = tf.reshape(entries[: tf.size(entries) // 12 * 12], (-1, 12))
    is_orientation = short(entries[:, :2]) == 274
    turns = tf.concat([short(entries[:, 8:10])[is_orientation], [1]], axis=0)
    return tf.where((turns[0] >= 1) & (turns[0] <= 8), turns[0], 1)
