"""Features of images: computed once for a network and a set of images, and kept."""

import contextlib
import dataclasses
import hashlib
import json

import numpy as np
from tqdm import tqdm

from bit_keras import files
from bit_keras.data import evaluation_batches
from bit_keras.errors import InputError
from bit_keras.models import endpoint

LIMIT = 2 * 2**30  # bytes that all kept features take
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
        self._model = endpoint(network, "pre_logits")
        digest = hashlib.blake2b(self._model.to_json().encode())
        for array in self._model.get_weights():
            digest.update(np.ascontiguousarray(array))
        self._network = digest.hexdigest()

    def __call__(self, examples, preprocessing, description="computing features"):
        """Gives float32 (examples, features).

        Args:
            examples: see `bit_keras.data.examples`; those that can be had one by one.
            preprocessing: `Preprocessing`.
            description: text before the progress bar, shown on stderr after a second.
        """
        path = self._place(examples, preprocessing)
        kept = _read(path)
        if kept is not None:
            return kept
        alone = dataclasses.replace(examples, labels=None)
        batches = evaluation_batches(alone, preprocessing, None)
        bar = tqdm(batches, desc=description, unit="batch", delay=1, leave=False)
        found = [self._model.predict_on_batch(images) for (images,) in bar]
        found = np.concatenate(found).astype("float32")
        _keep(path, found)
        return found

    def _place(self, examples, preprocessing):
        what = [_VERSION, self._network, repr(preprocessing), examples.identity()]
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
