"""How an image looks, as a short text by which it and its twins are known again.

A look is 16 hexadecimal digits of the pixels, which only an exact copy has (of a large
image, one that is the same in every n-th row), then 16 of the perceptual hash, of which
twins share most bits (`data.twins`). Images that are too small or too plain have the
first 16 alone: handwritten digits of 8 pixels all look alike, and so does all that is
of one colour.
"""

import imagehash
import numpy as np
import tensorflow as tf
from PIL import Image
from tqdm import tqdm

from bit_keras.data.contents import content_hash

SIDE = 32  # of a thumbnail; and the least of an image that has a perceptual hash
# Of larger images only every n-th row is looked at, so that one of 12 megapixels takes
# 2 ms instead of 24: as many rows as have so many pixels, but not below 128.
PIXELS = 1 << 19
ROWS = 128
PLAIN = 3.0  # levels: images that deviate less from their mean colour have none


def glance(image):
    """Gives what a look is made of; TensorFlow operations only.

    Args:
        image: (height, width, channels), uint8 or any 0..255.

    Returns:
        (thumbnail, pixels, size): uint8 (32, 32, 3), the whole image; uint8 (8,), a
        hash of its values; int32 (2,), height and width.
    """
    if image.dtype != tf.uint8:
        image = tf.cast(tf.round(image), tf.uint8)
    height, width = tf.unstack(tf.shape(image)[:2])
    every = tf.maximum(1, tf.minimum(height * width // PIXELS, height // ROWS))
    rows = tf.gather(image, tf.range(0, height, every))
    pixels = tf.fingerprint(tf.reshape(rows, (1, -1)))[0]
    # Takes the bytes as they are: floats would take four times the memory.
    thumbnail = tf.image.resize(rows, (SIDE, SIDE), method="area")
    if image.shape[-1] != 3:
        gray = tf.reduce_mean(thumbnail, axis=-1, keepdims=True)
        thumbnail = tf.image.grayscale_to_rgb(gray)
    thumbnail = tf.cast(tf.round(thumbnail), tf.uint8)
    return thumbnail, pixels, tf.shape(image)[:2]


def look_of(thumbnail, pixels, size):
    """Gives the look of an image, 16 or 32 hexadecimal digits.

    Args:
        thumbnail, pixels, size: arrays, what `glance` gave.
    """
    exact = content_hash(pixels.tobytes() + size.tobytes())
    if size.min() < SIDE or thumbnail.std(axis=(0, 1)).max() < PLAIN:
        return exact
    # Its resize to 32 x 32 pixels finds nothing to do.
    return exact + str(imagehash.phash(Image.fromarray(thumbnail)))


def looks_of(examples):
    """Looks at every example once, with a bar on stderr where it takes long.

    Args:
        examples: see `bit_keras.data.examples`.

    Returns:
        array of str (examples,).
    """
    return np.array([look for look, _ in each_look(examples)])


def each_look(examples):
    """Yields (look, thumbnail) of every example, in the order of their positions."""
    glances = examples.one_pass(lambda image, *label: glance(image))
    bar = {"desc": "looking at images", "unit": "image", "delay": 2, "leave": False}
    for seen in tqdm(
        glances.prefetch(64).as_numpy_iterator(), total=examples.count, **bar
    ):
        yield look_of(*seen), seen[0]
