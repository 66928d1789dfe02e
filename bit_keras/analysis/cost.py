"""What a network costs: multiply-adds, counted layer by layer, and exaFLOPs."""

import math

import keras

from bit_keras.families.cost import exaflops
from bit_keras.layers import Attention
from bit_keras.models.filling import without_random_numbers


def multiply_adds(model, image_size):
    """Counts the multiply-adds of convolutions, dense layers and attention.

    Args:
        model: functional `keras.Model`, which takes images of any size, or of this one.
        image_size: (height, width) in pixels.

    Returns:
        int, for one image.
    """
    inputs = keras.Input((*image_size, model.input_shape[-1]))
    with without_random_numbers():  # a copy, whose shapes are all known
        fixed = keras.models.clone_model(model, input_tensors=inputs)
    return sum(_of_layer(layer) for layer in fixed.layers)


def _of_layer(layer):
    if isinstance(layer, keras.layers.Conv2D):
        *kernel, inputs, filters = layer.kernel.shape
        return math.prod([*layer.output.shape[1:3], *kernel, inputs, filters])
    if isinstance(layer, keras.layers.Dense):
        return math.prod([*layer.output.shape[1:-1], *layer.kernel.shape])
    if isinstance(layer, Attention):
        (_, queries, hidden), (_, keys, _), _ = (x.shape for x in layer.input)
        return 2 * queries * keys * hidden
    return 0


__all__ = ["exaflops", "multiply_adds"]
