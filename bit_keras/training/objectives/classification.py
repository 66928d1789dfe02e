"""Classification: the cross-entropy of labels, which may be mixed or several."""

import tensorflow as tf

from bit_keras.losses import LOSSES


class Classification:
    """The loss that the recipe names; logs the accuracy of the most probable class.

    Batches are (images, labels[, weights]): float32 (batch, classes), one-hot, mixed or
    0 and 1, and float32 (batch,), which the losses of the examples are weighted by.

    Args:
        recipe: its `loss` is followed.
    """

    separable = True
    views = 1
    logs = ("accuracy",)

    def __init__(self, recipe):
        self.loss = LOSSES[recipe.loss].cross_entropy

    def network(self, network):
        return network

    def sums(self, forward, batch):
        images, labels, *weights = batch
        logits = _at_least_single(forward(images))
        labels = tf.cast(labels, logits.dtype)
        each = self.loss(labels, logits)
        if weights:
            each *= tf.cast(weights[0], each.dtype)
        return {"loss": tf.reduce_sum(each), "accuracy": _correct(labels, logits)}


def _at_least_single(logits):
    return tf.cast(logits, tf.float32) if logits.dtype.size < 4 else logits


def _correct(labels, logits):
    found = tf.gather(labels, tf.argmax(logits, -1), batch_dims=1)
    hits = (found > 0) & (found == tf.reduce_max(labels, axis=-1))
    return tf.reduce_sum(tf.cast(hits, tf.float32))
