"""The random part of an image that a random-resized crop cuts out."""

import tensorflow as tf

from bit_keras.data.order import fold

SHAPE = 4 / 3  # the longer side by the shorter one, at most
TRIES = 10


def inception_part(image, key, smallest_area=0.05):
    """Cuts a random part with sides between 3:4 and 4:3, as TensorFlow draws it.

    Where none fits, as in an image one pixel high, it is the whole image.

    Args, returns: as `torchvision_part`.

    Reference: `inception_crop` of github.com/google-research/big_vision.
    """
    start, size, _ = tf.image.stateless_sample_distorted_bounding_box(
        tf.shape(image),
        tf.zeros([1, 0, 4]),
        # A key of its own: under one key all operations draw the same numbers.
        fold(key, 1),
        min_object_covered=0.0,
        aspect_ratio_range=(1 / SHAPE, SHAPE),
        area_range=(smallest_area, 1.0),
        use_image_if_no_bounding_boxes=True,
    )
    (top, left, _), (height, width, _) = tf.unstack(start), tf.unstack(size)
    return image[top : top + height, left : left + width]


def torchvision_part(image, key, smallest_area=0.08):
    """Cuts a random part with sides between 3:4 and 4:3, as torchvision draws it.

    Its area is uniform, the logarithm of its shape, too. Of the first ten that are
    drawn it is the first one that fits into the image; where none does, the middle of
    the image, of the shape in these bounds that is nearest to its own.

    Args:
        image: (height, width, channels), any dtype.
        key: int64 (2,), which decides all that is drawn.
        smallest_area: share of the image's area that the part has at least, 0 to 1.

    Returns:
        (part height, part width, channels), of the image's dtype.

    Reference: `RandomResizedCrop.get_params` of torchvision, with which timm trains.
    """
    size = tf.cast(tf.shape(image)[:2], tf.float32)
    draws = tf.random.stateless_uniform([4, TRIES], key)
    areas = tf.reduce_prod(size) * (smallest_area + (1 - smallest_area) * draws[0])
    shapes = SHAPE ** (2 * draws[1] - 1)
    parts = tf.round(tf.sqrt(tf.stack([areas / shapes, areas * shapes], axis=1)))
    fits = tf.reduce_all((parts > 0) & (parts <= size), axis=1)
    places = tf.floor(tf.transpose(draws[2:]) * (size - parts + 1))
    first = tf.argmax(fits)
    middle = tf.minimum(size, tf.round(size[::-1] * SHAPE))
    part = tf.where(tf.reduce_any(fits), parts[first], middle)
    place = tf.where(tf.reduce_any(fits), places[first], (size - middle) // 2)
    (top, left), (height, width) = (
        tf.unstack(tf.cast(pair, tf.int32)) for pair in (place, part)
    )
    return image[top : top + height, left : left + width]
