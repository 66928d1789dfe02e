"""Losses of classification, from logits and labels that may be mixed."""

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
