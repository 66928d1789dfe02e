"""Losses of classification, from logits and labels that may be mixed."""

import dataclasses
from collections.abc import Callable

from keras import ops


def softmax_cross_entropy(labels, logits):
    """Cross-entropy of one label per example, one-hot or mixed.

    Args:
        labels: (batch, classes), rows that sum to 1.
        logits: (batch, classes).

    Returns:
        (batch,), in nats.
    """
    return ops.categorical_crossentropy(labels, logits, from_logits=True)


def sigmoid_cross_entropy(labels, logits):
    """Cross-entropy of any number of labels per example: the sum over the classes.

    Args:
        labels: (batch, classes), each in 0..1.
        logits: (batch, classes).

    Returns:
        (batch,), in nats.

    Reference: `sigmoid_xent` of github.com/google-research/big_vision, which sums, too.
    """
    labels, logits = ops.convert_to_tensor(labels), ops.convert_to_tensor(logits)
    # log(1 + exp(x)) - x * label, which is never the logarithm of 0.
    return ops.sum(ops.softplus(logits) - logits * labels, axis=-1)


@dataclasses.dataclass(frozen=True)
class Loss:
    """What a network is trained with, and what its logits then say.

    Args:
        cross_entropy: function from labels and logits, both (batch, classes), to one
            loss for each example, (batch,).
        probabilities: function from logits to probabilities, both (batch, classes).
    """

    cross_entropy: Callable
    probabilities: Callable


# By their names in a recipe.
LOSSES = {
    "softmax": Loss(softmax_cross_entropy, ops.softmax),
    "sigmoid": Loss(sigmoid_cross_entropy, ops.sigmoid),
}


def probabilities(logits, loss):
    """Gives the probabilities that logits stand for.

    Args:
        logits: (batch, classes), of any float type.
        loss: name in `LOSSES` of what the network was trained with.

    Returns:
        float32 (batch, classes): of "softmax" rows that sum to 1; of "sigmoid" each
        class is judged by itself.
    """
    return LOSSES[loss].probabilities(ops.cast(logits, "float32"))
