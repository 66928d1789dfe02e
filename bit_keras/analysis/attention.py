"""What a ViT looks at: attention, its reach, its filters and its positions.

Attention here is float32 (blocks, batch, heads, queries, keys), of which each row sums
to 1; see `attention_of`.
"""

import keras
import numpy as np

from bit_keras.errors import InputError
from bit_keras.layers import Attention, AttentionWeights
from bit_keras.models.image_model import ImageModel


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
    # In their order: names sorted as text would put block10 after block1.
    layers = [
        layer
        for layer in model.layers
        if isinstance(layer, Attention) and layer.name.startswith("block")
    ]
    if not layers:
        raise InputError(f"The network '{model.name}' has no attention to look at.")
    weights = [AttentionWeights(layer.heads)(layer.input) for layer in layers]
    found = ImageModel(model.inputs[0], weights).predict_on_batch(images)
    return np.stack(found if isinstance(found, list) else [found])


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
    mean = np.asarray(attention, "float64").mean(axis=2)
    if residual:
        mean = (mean + np.eye(mean.shape[-1])) / 2
    mean = mean / mean.sum(axis=-1, keepdims=True)
    total = mean[0]
    for block in mean[1:]:
        total = block @ total
    return total


def on_grid(rolled, grid):
    """Gives what the class token looks at, or without one all patches on average.

    Args:
        rolled: of `rollout`.
        grid: (rows, columns) of the patches.

    Returns:
        (batch, rows, columns).
    """
    patches = grid[0] * grid[1]
    extra = rolled.shape[-1] - patches
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
    weights = np.asarray(attention[..., extra:, extra:], "float64")
    if renormalize:
        weights = weights / weights.sum(axis=-1, keepdims=True)
    places = np.stack(np.mgrid[: grid[0], : grid[1]], axis=-1).reshape(patches, 2)
    apart = np.linalg.norm(places[:, None] - places, axis=-1) * stride
    return (weights * apart).sum(axis=-1).mean(axis=(1, 3))


def filters(model, count=28):
    """Gives the first principal components of the filters that make the tokens.

    Args:
        model: a ViT without a stem.
        count: of components.

    Returns:
        float64 array (count, patch, patch, channels), each from 0 to 1; of the two
        signs that which makes the largest value positive.

    Reference: figure 7, left, of https://arxiv.org/abs/2010.11929.
    """
    kernel = keras.ops.convert_to_numpy(model.get_layer("embedding").kernel)
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
