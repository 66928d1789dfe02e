"""Stand-ins for a network, and files for it."""

import numpy as np
import pytest

from bit_keras.errors import InputError
from bit_keras.weights.loading import load

ROOT = "resnet/root_block/standardized_conv2d/kernel"
UNIT = "resnet/block1/unit01/a/standardized_conv2d/kernel"
GAMMA = "resnet/group_norm/gamma"
BETA = "resnet/group_norm/beta"
KERNEL = "resnet/head/conv2d/kernel"
BIAS = "resnet/head/conv2d/bias"


class Variable:
    def __init__(self, shape):
        self.value = np.full(shape, 7.0, "float32")
        self.shape = shape

    def assign(self, value):
        assert value.dtype == np.float32
        assert value.shape == self.shape
        self.value = value

    def numpy(self):
        return self.value


class Layer:
    def __init__(self, name, **shapes):
        self.name = name
        variables = {kind: Variable(shape) for kind, shape in shapes.items()}
        self.__dict__.update(variables)
        self.weights = list(variables.values())


class Network:
    """Stands in for a Keras model: layers with names and variables."""

    name = "tiny"

    def __init__(self, num_classes=None):
        self.layers = [
            Layer("root_conv", kernel=(7, 7, 3, 2)),
            Layer("block1_unit01_a_conv", kernel=(1, 1, 2, 4)),
            Layer("head_norm", gamma=(4,), beta=(4,)),
            Layer("pre_logits"),
        ]
        if num_classes is not None:
            head = Layer("logits", kernel=(4, num_classes), bias=(num_classes,))
            self.layers.append(head)

    def values(self):
        return [variable.value for layer in self.layers for variable in layer.weights]


def arrays(num_classes=10):
    """What an official file of the network holds."""
    random = np.random.default_rng(0)
    shapes = {ROOT: (7, 7, 3, 2), UNIT: (1, 1, 2, 4), GAMMA: (4,), BETA: (4,)}
    if num_classes is not None:
        shapes |= {KERNEL: (1, 1, 4, num_classes), BIAS: (num_classes,)}
    return {name: random.normal(size=shape) for name, shape in shapes.items()}


def refused(network, path, words, **options):
    """Checks that loading fails with these words and changes no variable."""
    with pytest.raises(InputError, match=words) as caught:
        load(network, path, **options)
    assert all((value == 7).all() for value in network.values())
    return str(caught.value)
