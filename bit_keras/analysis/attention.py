"""What a ViT looks at: attention, its reach, its filters and its positions.

Attention here is float32 (blocks, batch, heads, queries, keys), of which each row sums
to 1; see `attention_of`.
"""

import keras
import numpy as np

from bit_keras.errors import InputError
from bit_keras.layers import Attention, AttentionWeights
from bit_keras.models.image_model import ImageModel


def has_attention(model):
    """Says whether there is anything to look at: whether a network is a ViT."""
    return bool(_layers(model))


class AttentionMaps:
    """Where a ViT looked, from one pass.

    Args:
        model: a ViT of this package.

    Attributes:
        grid: (rows, columns) of the patches.
        stride: pixels of the image between patches.
        floats: weights of attention of one image.

    Raises:
        InputError: if the network has no attention.
    """

    def __init__(self, model):
        layers = _layers(model)
        if not layers:
            raise InputError(f"The network '{model.name}' has no attention to look at.")
        self._blocks = sum(layer.name.startswith("block") for layer in layers)
        weights = [AttentionWeights(layer.heads)(layer.input) for layer in layers]
        self._network = ImageModel(model.inputs[0], [*weights, model.outputs[0]])
        self.grid = tuple(model.get_layer("patches").input.shape[1:3])
        embedding = model.get_layer("embedding")
        # Behind a ResNet, which halves an odd number of pixels upwards.
        sides = zip(model.input_shape[1:3], embedding.input.shape[1:3], strict=True)
        shrunk = max(-(-pixels // features) for pixels, features in sides)
        self.stride = 2 ** (shrunk - 1).bit_length() * embedding.strides[0]
        self.floats = sum(int(np.prod(each.shape[1:])) for each in weights)

    def on_batch(self, images):
        """Gives the weights of attention of every block, and what follows from them.

        Args:
            images: pixels 0..255, (batch, height, width, channels).

        Returns:
            (attention, probe, outputs): float32 arrays (blocks, batch, heads, queries,
            keys), (batch, heads, 1, keys) or None without a probe, and the network's
            own outputs.
        """
        *weights, outputs = self._network.predict_on_batch(images)
        probe = weights[self._blocks] if len(weights) > self._blocks else None
        return np.stack(weights[: self._blocks]), probe, outputs


def attention_of(model, images):
    """Gives the weights of attention of every block, from one pass.

    Args:
        model: a ViT of this package.
        images: pixels 0..255, (batch, height, width, channels).

    Returns:
        float32 array (blocks, batch, heads, queries, keys).

    Raises:
        InputError: if the network has no attention.
    """
    return AttentionMaps(model).on_batch(images)[0]


def _layers(model):
    """Lists the layers in their order, that of a probe last."""
    return [layer for layer in model.layers if isinstance(layer, Attention)]


def rollout(attention, residual=True):
    """Gives how much of each token of the image has come to each token of the end.

    Heads are averaged, and the blocks multiplied, the later from the left.

    Args:
        attention: see above.
        residual: count the path past the attention, too, as half of each block (Abnar
            and Zuidema 2020, https://arxiv.org/abs/2005.00928); False follows the
            words of appendix D.8 of https://arxiv.org/abs/2010.11929.

    Returns:
        float64 array (batch, tokens, tokens), of which each row sums to 1.
    """
    mean = np.mean(attention, axis=2, dtype="float64")
    if residual:
        mean = (mean + np.eye(mean.shape[-1])) / 2
    mean = mean / mean.sum(axis=-1, keepdims=True)
    total = mean[0]
    for block in mean[1:]:
        total = block @ total
    return total


def on_grid(rolled, grid, probe=None):
    """Gives what the head looks at: class token, probe, or all patches on average.

    Args:
        rolled: of `rollout`.
        grid: (rows, columns) of the patches.
        probe: (batch, heads, 1, tokens), attention of the probe of a network with
            classifier="map", or None.

    Returns:
        (batch, rows, columns).
    """
    patches = grid[0] * grid[1]
    extra = rolled.shape[-1] - patches
    if probe is not None:
        row = (np.mean(probe, axis=1) @ rolled)[:, 0]
    else:
        row = rolled[:, 0] if extra else rolled.mean(axis=1)
    return row[:, extra:].reshape(-1, *grid)


def mean_attention_distance(attention, grid, stride, renormalize=False):
    """Gives how far attention reaches on average, as the paper's figure 7 shows it.

    Args:
        attention: see above.
        grid: (rows, columns) of the patches.
        stride: pixels between patches (of a hybrid, those of its whole stride).
        renormalize: make what is left without the class token sum to 1. The paper does
            not say; False is as in keras.io's "Investigating Vision Transformer
            representations".

    Returns:
        float64 array (blocks, heads) in pixels.
    """
    patches = grid[0] * grid[1]
    extra = attention.shape[-1] - patches
    weights = attention[..., extra:, extra:]
    if renormalize:
        weights = weights / weights.sum(axis=-1, keepdims=True)
    places = np.stack(np.mgrid[: grid[0], : grid[1]], axis=-1).reshape(patches, 2)
    apart = np.linalg.norm(places[:, None] - places, axis=-1) * stride
    # Summed in float64 without a copy of all weights in it.
    sums = np.einsum("nbhqk,qk->nh", weights, apart)
    return sums / (weights.shape[1] * patches)


def filters(model, count=28):
    """Gives the first principal components of the filters that make the tokens.

    Args:
        model: a ViT without a stem.
        count: of components.

    Returns:
        float64 array (count, patch, patch, channels), each from 0 to 1; of the two
        signs that which makes the largest value positive.

    Raises:
        InputError: if they do not see pixels, but the features of a ResNet.

    Reference: figure 7, left, of https://arxiv.org/abs/2010.11929.
    """
    embedding = model.get_layer("embedding")
    if embedding.input.shape[1] != model.input_shape[1]:
        raise InputError(
            f"The patches of the network '{model.name}' are not of pixels, but of the "
            "features of a ResNet, which cannot be shown."
        )
    kernel = keras.ops.convert_to_numpy(embedding.kernel)
    shape, hidden = kernel.shape[:3], kernel.shape[3]
    rows = kernel.reshape(-1, hidden).T.astype("float64")
    _, _, found = np.linalg.svd(rows - rows.mean(axis=0), full_matrices=False)
    found = found[:count]
    largest = np.take_along_axis(found, abs(found).argmax(1)[:, None], 1)
    found = found * np.sign(largest)
    low, high = found.min(1, keepdims=True), found.max(1, keepdims=True)
    return ((found - low) / (high - low)).reshape(-1, *shape)


def position_similarity(model):
    """Gives the cosine between the learned positions of every two patches.

    Args:
        model: a ViT with `positions="learned"`.

    Returns:
        float64 array (rows, columns, rows, columns), from -1 to 1.

    Raises:
        InputError: if the network has no such positions.

    Reference: figure 7, centre, of https://arxiv.org/abs/2010.11929.
    """
    names = [layer.name for layer in model.layers]
    layer = model.get_layer("positions") if "positions" in names else None
    if layer is None or layer.kind != "learned":
        raise InputError(f"The network '{model.name}' has learned no positions.")
    positions = keras.ops.convert_to_numpy(layer.positions)[0, layer.extra :]
    positions = positions.astype("float64")
    positions /= np.linalg.norm(positions, axis=-1, keepdims=True)
    return (positions @ positions.T).reshape(*layer.grid, *layer.grid)
