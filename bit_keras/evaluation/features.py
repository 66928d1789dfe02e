"""Features of images: computed once for a network and a set of images, and kept."""

import contextlib
import hashlib
import json

import numpy as np
import tensorflow as tf
from tqdm import tqdm

from bit_keras import files
from bit_keras.data import images
from bit_keras.data.batches import EVALUATION_IMAGES
from bit_keras.errors import InputError
from bit_keras.models import endpoint

LIMIT = 2 * 2**30  # bytes that all kept features take
BATCH = 64
_VERSION = 1  # to be raised when the same network and images give other features


def folder():
    """Gives the path of the folder of all kept features."""
    return files.cache_folder() / "features"


def size():
    """Gives the bytes that all kept features take."""
    return sum(file.stat().st_size for file in folder().glob("*.npy"))


class Features:
    """The features of a network: what its head gets, with the weights as they are.

    They lie in the cache, known by the contents of images and weights, so that the
    next command has them at once; above 2 GiB, those not used for longest go.

    Args:
        network: `keras.Model` with a layer "pre_logits".
    """

    def __init__(self, network):
        # No copy for inference: of a large network it would double the memory.
        model = endpoint(network, "pre_logits")
        digest = hashlib.blake2b(model.to_json().encode())
        for array in model.get_weights():
            digest.update(np.ascontiguousarray(array))
        self._network = digest.hexdigest()
        # One graph for all sizes, and for the last batch.
        signature = tf.TensorSpec([None, None, None, network.input_shape[-1]])
        self._ask = tf.function(
            lambda pixels: model(pixels, training=False), input_signature=[signature]
        )

    def __call__(self, examples, preprocessings):
        """Gives features for each of several sizes; every image is decoded once.

        Args:
            examples: see `bit_keras.data.examples`; those that can be had one by one.
            preprocessings: list of `Preprocessing`.

        Returns:
            list of float32 arrays (examples, features).
        """
        identity = examples.identity()  # reads all images: once for all sizes
        places = [self._place(identity, each) for each in preprocessings]
        kept = {place: _read(place) for place in places}
        missing = {
            place: each
            for place, each in zip(places, preprocessings, strict=True)
            if kept[place] is None
        }
        if missing:
            computed = self._compute(examples, list(missing.values()))
            for place, features in zip(missing, computed, strict=True):
                _keep(place, features)
                kept[place] = features
        return [kept[place] for place in places]

    def _compute(self, examples, preprocessings):
        largest = max(each.crop for each in preprocessings)
        size = min(BATCH, max(1, EVALUATION_IMAGES * 224**2 // largest**2))

        def load(image, *label):
            return tuple(images.preprocess(image, each) for each in preprocessings)

        batches = examples.one_pass(load).batch(size).prefetch(1)
        bar = {"unit": "batch", "delay": 1, "leave": False}
        bar |= {"desc": "computing features", "total": -(-examples.count // size)}
        found = [
            [self._ask(x).numpy() for x in batch] for batch in tqdm(batches, **bar)
        ]
        found = map(np.concatenate, zip(*found, strict=True))
        return [features.astype("float32") for features in found]

    def _place(self, identity, preprocessing):
        what = [_VERSION, self._network, repr(preprocessing), identity]
        digest = hashlib.blake2b(json.dumps(what).encode(), digest_size=16)
        return folder() / f"{digest.hexdigest()}.npy"


def _read(path):
    try:
        found = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None  # none yet, or damaged
    with contextlib.suppress(OSError):  # it may be of another user
        path.touch()
    return found


def _keep(path, features):
    # Where nothing can be kept, all goes on, only slower the next time.
    with contextlib.suppress(InputError, OSError):
        with files.replacing(path) as partial:
            np.save(partial, features)
        listed = [(f.stat().st_mtime_ns, f) for f in path.parent.glob("*.npy")]
        taken = 0
        for _, file in sorted(listed, reverse=True):
            taken += file.stat().st_size
            if taken > LIMIT:
                file.unlink()
