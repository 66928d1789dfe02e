"""Images that are moved, sheared and turned as Pillow's `Image.transform` does it.

All take and give uint8 (height, width, channels) of the same size. What comes from
outside of the image is ImageNet's mean; beyond its border, pixels of the border stand
in for those that are not there. Values agree with Pillow's within one level; "nearest"
may take a neighbour where a coordinate lies between two pixels.
"""

import math

import tensorflow as tf

from bit_keras.preprocessing import IMAGENET_MEAN


def _bicubic(part):
    """The cubic curve of Pillow's transforms, whose parameter is -1."""
    rest = 1 - part
    return [
        -part * rest * rest,
        1 - part * part * (1 + rest),
        1 - rest * rest * (1 + part),
        -rest * part * part,
    ]


# Name -> places of the pixels that a coordinate takes from, counted from the one whose
# middle is at or before it (for "nearest", the nearest), and function from how far it
# is beyond that middle, in pixels, to their weights.
KERNELS = {
    "nearest": ((0,), lambda part: [tf.ones_like(part)]),
    "bilinear": ((0, 1), lambda part: [1 - part, part]),
    "bicubic": ((-1, 0, 1, 2), _bicubic),
}


def shear_x(image, factor, interpolation="bilinear"):
    """Takes a row from `factor` times its distance from the top further right."""
    shift = tf.cast(factor, tf.float32) * _middles(tf.shape(image)[0])
    return _along_rows(image, shift, interpolation)


def shear_y(image, factor, interpolation="bilinear"):
    """Takes a column from `factor` times its distance from the left further down."""
    shift = tf.cast(factor, tf.float32) * _middles(tf.shape(image)[1])
    return _along_columns(image, shift, interpolation)


def translate_x(image, share, interpolation="bilinear"):
    """Takes every row from a share of the width further right."""
    height, width, _ = tf.unstack(tf.shape(image))
    shift = tf.cast(share, tf.float32) * tf.cast(width, tf.float32)
    return _along_rows(image, tf.fill([height], shift), interpolation)


def translate_y(image, share, interpolation="bilinear"):
    """Takes every column from a share of the height further down."""
    height, width, _ = tf.unstack(tf.shape(image))
    shift = tf.cast(share, tf.float32) * tf.cast(height, tf.float32)
    return _along_columns(image, tf.fill([width], shift), interpolation)


def rotate(image, degrees, interpolation="bilinear"):
    """Turns an image about its centre, counter-clockwise."""
    height, width, channels = tf.unstack(tf.shape(image))
    angle = tf.cast(degrees, tf.float32) * (-math.pi / 180)
    cosine, sine = tf.cos(angle), tf.sin(angle)
    middle_x, middle_y = (tf.cast(size, tf.float32) / 2 for size in (width, height))
    down = (_middles(height) - middle_y)[:, tf.newaxis]

    def sources(right):
        """Gives where pixels come from, counted from the middle of the first one."""
        x = (cosine * right + (middle_x - 0.5)) + sine * down
        return x, (middle_y - 0.5 - sine * right) + cosine * down

    right = _middles(width) - middle_x
    x, y = sources(right)  # of each pixel, and then of each of its channels
    columns = _neighbours(x, width, interpolation)
    rows = _neighbours(y, height, interpolation)
    x, y = sources(tf.repeat(right, channels))
    weights = _weights(x, interpolation)
    lines = [
        _sum(weights, [_taken(image, width * row + column) for column in columns])
        for row in rows
    ]
    values = _sum(_weights(y, interpolation), lines)
    return _finished(values, _within(x, width) & _within(y, height), image)


def _along_rows(image, shift, interpolation):
    """Moves each row to the left by its own `shift`, float32 (height,), in pixels."""
    channels = image.shape[-1]
    height, width, _ = tf.unstack(tf.shape(image))
    (first, *_, last) = 2 * KERNELS[interpolation][0]
    shift = shift[:, tf.newaxis]
    column = tf.cast(_start(shift, interpolation), tf.int32)
    column = tf.clip_by_value(column + tf.range(first, width + last), 0, width - 1)
    values = _taken(image, width * tf.range(height)[:, tf.newaxis] + column)
    weights = _weights(shift, interpolation)
    neighbours = [
        values[:, tap * channels : (tap + width) * channels]
        for tap in range(len(weights))
    ]
    inside = _within(shift + tf.repeat(_numbers(width), channels), width)
    return _finished(_sum(weights, neighbours), inside, image)


def _along_columns(image, shift, interpolation):
    """Moves each column up by its own `shift`, float32 (width,), in pixels."""
    height, width, channels = tf.unstack(tf.shape(image))
    (first, *_, last) = 2 * KERNELS[interpolation][0]
    row = tf.cast(_start(shift, interpolation), tf.int32)
    row = row + tf.range(first, height + last)[:, tf.newaxis]
    row = tf.clip_by_value(row, 0, height - 1)
    values = _taken(image, width * row + tf.range(width))
    shift = tf.repeat(shift, channels)
    weights = _weights(shift, interpolation)
    neighbours = [values[tap : tap + height] for tap in range(len(weights))]
    inside = _within(shift + _numbers(height)[:, tf.newaxis], height)
    return _finished(_sum(weights, neighbours), inside, image)


def _numbers(count):
    return tf.range(tf.cast(count, tf.float32))


def _middles(count):
    """Gives the coordinates of the middles of so many pixels."""
    return _numbers(count) + 0.5


def _start(place, interpolation):
    return tf.floor(place + 0.5 if interpolation == "nearest" else place)


def _neighbours(place, size, interpolation):
    """Gives the numbers of the pixels that places, in pixels, take from; int32."""
    start = tf.cast(_start(place, interpolation), tf.int32)
    offsets, _ = KERNELS[interpolation]
    return [tf.clip_by_value(start + offset, 0, size - 1) for offset in offsets]


def _weights(place, interpolation):
    _, kernel = KERNELS[interpolation]
    return kernel(place - _start(place, interpolation))


def _sum(weights, values):
    return tf.add_n([w * value for w, value in zip(weights, values, strict=True)])


def _taken(image, index):
    """Gives pixels by their numbers: float32 (rows, columns * channels).

    All values of a row lie side by side, because TensorFlow is several times slower in
    changes along a last axis of three.
    """
    channels = image.shape[-1]
    pixels = tf.gather(tf.reshape(image, [-1, channels]), tf.reshape(index, [-1]))
    return tf.cast(tf.reshape(pixels, [tf.shape(index)[0], -1]), tf.float32)


def _within(place, size):
    """Says whether places, counted from the middle of the first pixel, are inside."""
    return (place >= -0.5) & (place < tf.cast(size, tf.float32) - 0.5)


def _finished(values, inside, image):
    """Gives the values inside of the image and the fill outside, as whole numbers.

    Pillow cuts off what is behind the point; the thousandth keeps what is whole but for
    an error of rounding from losing a level.
    """
    channels = image.shape[-1]
    fill = IMAGENET_MEAN if channels == 3 else [sum(IMAGENET_MEAN) / 3] * channels
    fill = tf.tile(tf.cast(tf.round(fill), tf.uint8), [tf.shape(image)[1]])
    values = tf.cast(tf.clip_by_value(values + 0.001, 0.0, 255.0), tf.uint8)
    # Many times faster than tf.where; differences below 0 come round again.
    values = fill + tf.cast(inside, tf.uint8) * (values - fill)
    return tf.reshape(values, tf.shape(image))
