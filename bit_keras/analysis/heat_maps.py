"""Heat maps that add up: what every position of an image adds to a logit.

Where the head is a dense layer after a mean over positions, a logit is exactly the mean
over positions of `features · kernel + bias`. So the map of these values has the units
of the logit, is positive and negative, and leaves nothing out. `keras.ops` only.
"""

import keras
from keras import ops

from bit_keras.analysis.attention import has_attention
from bit_keras.errors import InputError
from bit_keras.models.image_model import ImageModel

MEANS = (keras.layers.GlobalAveragePooling1D, keras.layers.GlobalAveragePooling2D)
OTHERS = "others"  # instead of a class: the mean of all others


class HeatMaps:
    """The heat maps of a network, made in its forward pass.

    Args:
        model: `keras.Model` whose logits are those of a dense layer after a mean over
            positions, such as a BiT, or a ViT with classifier="gap"; dropout may stand
            between.

    Raises:
        InputError: if its head is another one.

    Reference: Zhou et al. 2016, https://arxiv.org/abs/1512.04150, for the idea; the
        bias belongs to every position here, without which maps do not add up.
    """

    def __init__(self, model):
        pooling, self._head = _pooling_and_head(model)
        self._located = ImageModel(model.inputs[0], [pooling.input, model.outputs[0]])
        self._channels_first = pooling.data_format == "channels_first"
        self._grid = None
        if len(pooling.input.shape) == 3:  # tokens, in the order of reading
            self._grid = tuple(model.get_layer("patches").input.shape[1:3])

    def features(self, images, training=False):
        """Runs the network once.

        Args:
            images: pixels 0..255, (batch, height, width, channels).
            training: as of any layer.

        Returns:
            (features, logits): float32 tensors (batch, rows, columns, features) and
            (batch, classes).
        """
        return self._prepared(*self._located(images, training=training))

    def features_on_batch(self, images):
        """Gives what `features` does, from a graph that is made once."""
        return self._prepared(*self._located.predict_on_batch(images))

    def of(self, features, classes):
        """Gives the maps of classes, or of their contrasts.

        Args:
            features: of `features`.
            classes: float32 (batch, maps, classes), of each map the share that every
                logit has in it, see `directions`.

        Returns:
            float32 (batch, maps, rows, columns), whose means over rows and columns are
            `logits · classes`.
        """
        kernels = ops.matmul(classes, ops.transpose(self._head.kernel))
        maps = ops.einsum("brcf,bmf->bmrc", features, kernels)
        if self._head.bias is None:
            return maps
        return maps + ops.matmul(classes, self._head.bias)[..., None, None]

    def _prepared(self, features, logits):
        # The mean is that of float32 under mixed precision, too.
        features = ops.cast(features, "float32")
        if self._channels_first:
            features = ops.transpose(features, (0, 2, 3, 1))
        if self._grid:
            shape = (ops.shape(features)[0], *self._grid, features.shape[-1])
            features = ops.reshape(features, shape)
        return features, ops.cast(logits, "float32")


def has_heat_maps(model):
    """Says whether a network has the head that `HeatMaps` takes."""
    try:
        _pooling_and_head(model)
    except InputError:
        return False
    return True


def directions(logits, classes=None, against=None):
    """Gives the share that every logit has in a heat map.

    Args:
        logits: (batch, classes).
        classes: class numbers, an integer for all images or integers (batch,); by
            default the first class of each image.
        against: of what it is to be told apart: class numbers alike, or `OTHERS`, the
            mean of all other classes; None for the logit as it is.

    Returns:
        float32 (batch, 1, classes), for `HeatMaps.of`.

    Raises:
        InputError: if there is no such class.
    """
    batch, count = ops.shape(logits)
    if classes is None:
        classes = ops.argmax(logits, axis=-1)
    shares = _one_hot(classes, batch, count)
    if isinstance(against, str) and against == OTHERS:
        shares = shares - (1 - shares) / max(count - 1, 1)
    elif against is not None:
        shares = shares - _one_hot(against, batch, count)
    return shares[:, None]


def heat_map(model, images, classes=None, against=None):
    """Gives what every position of an image adds to a logit, or to a contrast of two.

    Args:
        model: see `HeatMaps`.
        images: pixels 0..255, (batch, height, width, channels).
        classes: class numbers, an integer for all images or integers (batch,); by
            default the first class of each image.
        against: "why cat and not dog": class numbers of what it is told apart from, or
            "others", the mean of all other classes; None for the logit as it is.

    Returns:
        float32 tensor (batch, rows, columns) in units of the logit, positive and
        negative. The mean over all positions is the logit, or the difference of two.

    Raises:
        InputError: if the head of the network is none that can be explained so, or
            there is no such class.
    """
    maps = HeatMaps(model)
    features, logits = maps.features(images)
    return maps.of(features, directions(logits, classes, against))[:, 0]


def _one_hot(classes, batch, count):
    if isinstance(classes, int) and not 0 <= classes < count:
        raise InputError(
            f"The network tells {count} classes apart, numbered from 0. Received: "
            f"{classes}"
        )
    classes = ops.broadcast_to(ops.convert_to_tensor(classes, "int32"), (batch,))
    return ops.one_hot(classes, count, dtype="float32")


def _pooling_and_head(model):
    head = _maker(model, model.outputs[0])
    if not isinstance(head, keras.layers.Dense):
        raise _other_head(model, f"its last layer is {_title(head)}")
    if head.activation is not keras.activations.linear:
        raise _other_head(
            model, "its last layer has an activation, so it gives no logits"
        )
    before = _maker(model, head.input)
    while isinstance(before, keras.layers.Dropout):  # which does nothing here
        before = _maker(model, before.input)
    if not isinstance(before, MEANS):
        raise _other_head(model, f"what its head gets comes of {_title(before)}")
    return before, head


def _maker(model, tensor):
    return next((layer for layer in model.layers if layer.output is tensor), None)


def _title(layer):
    kind = type(layer).__name__
    return "no layer of its own" if layer is None else f"'{layer.name}', a {kind}"


def _other_head(model, why):
    what_to_do = ""
    if has_attention(model):
        what_to_do = (
            '; take a ViT with classifier="gap" and no representation_size, such as '
            "vit_s16_gap, or explain photographs without a class, which shows where "
            "this one looked"
        )
    return InputError(
        "Only a network whose head is a dense layer after a mean over positions has "
        f"heat maps that add up to its logits, but {why}{what_to_do}."
    )
