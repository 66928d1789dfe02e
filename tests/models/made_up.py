"""Weights by the recipe of the reference arrays, and the loss of their gradients."""

import keras
import numpy as np
from keras import ops


def cross_entropy(labels):
    def loss(logits):
        losses = keras.losses.sparse_categorical_crossentropy(
            ops.convert_to_tensor(labels), logits, from_logits=True
        )
        return ops.mean(losses)

    return loss


def write_made_up_weights(path, slots, arrays):
    """Writes the weights that the reference drew for a network too large to be stored.

    Args:
        path: of the .npz file.
        slots: dictionary from name to `Slot` of the network.
        arrays: those of the reference, with the seed, and sums to compare with.
    """
    random = np.random.default_rng(int(arrays["seed_weights"]))
    made = {name: _drawn(name, slots[name].shape, random) for name in sorted(slots)}
    sums = [made[name].sum(dtype="float64") for name in arrays["keys"]]
    np.testing.assert_allclose(sums, arrays["key_sum"], rtol=1e-9)
    np.savez(path, **made)


def _drawn(name, shape, random):
    uniform = 2 * random.random(shape) - 1
    kind = name.rpartition("/")[2]
    if kind == "kernel":
        shift = 0.25 if "standardized_conv2d" in name else 0
        inputs = shape[:-1]
        if any(part in name for part in ("/query/", "/key/", "/value/")):
            inputs = shape[:1]
        value = (uniform + shift) * np.sqrt(3 / np.prod(inputs))
    elif kind in ("gamma", "scale"):
        value = 1 + 0.25 * uniform
    else:
        value = {"pos_embedding": 0.3, "cls": 0.5}.get(kind, 0.1) * uniform
    return value.astype("float32")
