"""Images known again by what they hold, whatever they are called."""

import numpy as np
from tqdm import tqdm

from bit_keras.data.contents import content_hash
from bit_keras.data.examples import RecordExamples
from bit_keras.errors import InputError


def positions_among(examples, rows):
    """Finds the examples whose contents are among those of others.

    Args:
        examples: those that can be had one by one.
        rows: set of (name, content) as `identity` gives them.

    Returns:
        list of positions.

    Raises:
        InputError: if the examples are too many to be looked at one by one.
    """
    if not examples.indexed:
        raise InputError("they are too many to be compared")
    own = examples.identity()
    if not isinstance(examples, RecordExamples):
        own = [content for _, content in own]
        rows = {content for _, content in rows} - {""}
    # Else the content is that of a file of many, and only with the name it tells one.
    return [position for position, key in enumerate(own) if key in rows]


def positions_of_same_pixels(examples, others):
    """Finds the examples that look like one of others, each of any kind."""
    known = set(_of_pixels(others))
    looks = enumerate(_of_pixels(examples))
    return [position for position, look in looks if look in known]


def _of_pixels(examples):
    images = examples.one_pass(lambda image, *label: image).as_numpy_iterator()
    bar = {"desc": "comparing", "unit": "image", "delay": 2, "leave": False}
    for image in tqdm(images, total=examples.count, **bar):
        whole = np.round(image).astype("uint8")
        yield content_hash(repr(whole.shape).encode() + whole.tobytes())
