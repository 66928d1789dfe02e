"""The networks that every export is held to."""

import numpy as np
import pytest

from bit_keras.models import BiTSpec, bit
from bit_keras.training.networks import Trained

# Family -> function that gives a small network of three classes.
NETWORKS = {"bit": lambda: bit(BiTSpec((1, 1), 0.5), num_classes=3)}


@pytest.fixture(scope="session")
def trained_of():
    """Gives a function: family, loss -> `Trained` with a head of random weights."""

    def make(family, loss="softmax"):
        network = NETWORKS[family]()
        head = network.get_layer("logits")
        random = np.random.default_rng(0).normal(0, 0.1, head.kernel.shape)
        head.kernel.assign(random)
        return Trained(network, ("cat", "dog", "größer"), 32, "test", loss)

    return make


@pytest.fixture(scope="module", params=NETWORKS)
def trained(request, trained_of):
    return trained_of(request.param)
