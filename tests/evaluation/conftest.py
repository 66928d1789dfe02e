"""The same few predictions for several tests."""

import numpy as np
import pytest

from bit_keras.evaluation.running import Predictions


def _certain(predicted, classes):
    predicted = np.asarray(predicted)
    shared = 0.1 / (classes - 1)
    probabilities = np.full((len(predicted), classes), shared, "float32")
    probabilities[np.arange(len(predicted)), predicted] = 0.9
    return probabilities


@pytest.fixture(scope="session")
def certain():
    """Gives a function: predicted classes, class count -> probabilities.

    They are 0.9 for the predicted class, and the rest is shared by the others.
    """
    return _certain


@pytest.fixture(scope="session")
def pets():
    """Five cats, of which three are found; one dog, found; no fox.

    A fox was seen in a cat.
    """
    labels = np.array([0, 0, 0, 0, 0, 1])
    return Predictions(_certain([0, 0, 0, 1, 2, 1], 3), labels)
