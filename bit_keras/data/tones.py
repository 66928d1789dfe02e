"""Changes of what the values of an image mean, in the whole numbers of Pillow.

All take and give uint8 (height, width, channels). Images of other than three channels
have no colours: their gray is the mean of the channels.
"""

import tensorflow as tf

# Pillow's weights of red, green and blue in a gray, in units of 1/65536.
GRAY = (19595, 38470, 7471)


def auto_contrast(image):
    """Stretches each channel over 0..255; one of a single value stays."""
    rows = _rows(image, tf.float64)  # Pillow computes in double precision
    width = tf.shape(image)[1]
    values = tf.reshape(image, [-1, image.shape[-1]])
    low = tf.cast(tf.reduce_min(values, 0), tf.float64)
    high = tf.cast(tf.reduce_max(values, 0), tf.float64)
    scale = tf.where(high > low, 255 / tf.maximum(high - low, 1), 1)
    offset = tf.where(high > low, -low * scale, 0)
    return _pixels(rows * tf.tile(scale, [width]) + tf.tile(offset, [width]), image)


def equalize(image):
    """Spreads the values of each channel so that all are about equally frequent."""
    channels, width = image.shape[-1], tf.shape(image)[1]
    values = tf.transpose(tf.reshape(image, [-1, channels]))
    counts = tf.math.bincount(
        tf.cast(values, tf.int32), minlength=256, maxlength=256, axis=-1
    )
    brightest = tf.cast(tf.reduce_max(values, 1), tf.int32)
    last = tf.gather(counts, brightest, axis=1, batch_dims=1)
    step = ((tf.shape(values)[1] - last) // 255)[:, tf.newaxis]
    below = tf.cumsum(counts, axis=1, exclusive=True)
    table = tf.minimum((step // 2 + below) // tf.maximum(step, 1), 255)
    table = tf.where(step > 0, table, tf.range(256))
    table = tf.reshape(tf.cast(table, tf.uint8), [-1])
    places = _rows(image, tf.int32) + tf.tile(256 * tf.range(channels), [width])
    return tf.reshape(tf.gather(table, places), tf.shape(image))


def invert(image):
    """Gives the negative."""
    return 255 - image


def posterize(image, bits):
    """Keeps the first `bits` (int32 scalar, 0..8) of each value."""
    mask = 256 - tf.bitwise.left_shift(1, 8 - bits)
    return tf.bitwise.bitwise_and(image, tf.cast(mask, tf.uint8))


def solarize(image, threshold):
    """Inverts the values from `threshold` (int32 scalar, 0..256) on."""
    bright = tf.cast(tf.cast(image, tf.int32) >= threshold, tf.uint8)
    # Many times faster than tf.where: 255 minus a value has all its bits turned.
    return tf.bitwise.bitwise_xor(image, bright * 255)


def solarize_add(image, added):
    """Adds a number (int32 scalar, 0..128) to the values below 128."""
    dark = tf.cast(image < 128, tf.uint8)
    return image + dark * tf.cast(added, tf.uint8)


def brightness(image, factor):
    """Blends with black: 0 is black, 1 the image, and more is brighter."""
    return _blend(tf.constant(0.0), _rows(image), factor, image)


def contrast(image, factor):
    """Blends with the mean of its gray: 0 is that, 1 the image."""
    mean = tf.floor(tf.reduce_mean(_gray(image)) + 0.5)
    return _blend(mean, _rows(image), factor, image)


def colour(image, factor):
    """Blends with its gray: 0 is without colours, 1 the image."""
    values = tf.cast(tf.reshape(image, [-1, image.shape[-1]]), tf.float32)
    return _blend(_gray(image), values, factor, image)


def sharpness(image, factor):
    """Blends with its smoothed self, but for the border: 0 is that, 1 the image."""
    channels = image.shape[-1]
    rows = _rows(image)
    three = rows[:-2] + rows[1:-1] + rows[2:]
    nine = three[:, : -2 * channels] + three[:, channels:-channels]
    nine += three[:, 2 * channels :]
    inner = rows[1:-1, channels:-channels]
    smooth = tf.floor((nine + 4 * inner) / 13 + 0.5)
    details = tf.pad(inner - smooth, [[1, 1], [channels, channels]])
    # An image one pixel high or wide has less of a border than that.
    details = details[: tf.shape(rows)[0], : tf.shape(rows)[1]]
    return _blend(rows - details, rows, factor, image)


def _blend(other, values, factor, image):
    factor = tf.cast(factor, tf.float32)
    return _pixels(other + factor * (values - other), image)


def _gray(image):
    """Gives the gray of each pixel in all of its channels, float32 (pixels, channels).

    A product of matrices is the fastest way to have a value in every channel.
    """
    channels = image.shape[-1]
    share = tf.constant(GRAY, tf.float32) / 65536 if channels == 3 else 1 / channels
    weights = tf.ones([channels, channels]) * tf.reshape(share, [-1, 1])
    values = tf.cast(tf.reshape(image, [-1, channels]), tf.float32)
    return tf.floor(values @ weights + 0.5)


def _rows(image, dtype=tf.float32):
    """Gives (height, width * channels): what differs by channel then repeats in rows.

    TensorFlow is several times slower in changes along a last axis of three.
    """
    height, width, channels = tf.unstack(tf.shape(image))
    return tf.cast(tf.reshape(image, [height, width * channels]), dtype)


def _pixels(values, image):
    """Cuts values off to whole ones in 0..255, in the shape of the image."""
    limits = tf.constant([0, 255], values.dtype)
    values = tf.clip_by_value(values, limits[0], limits[1])
    return tf.reshape(tf.cast(values, tf.uint8), tf.shape(image))
