"""Classification: the cross-entropy of labels, which may be mixed or several."""

import tensorflow as tf

from bit_keras.losses import LOSSES, targets


class Classification:
    """The loss that the recipe names; logs the accuracy of the most probable class.

    Batches are (images, labels[, weights]): float32 (batch, classes), one-hot, mixed or
    0 and 1, and float32 (batch,), which the losses of the examples are weighted by.
    What is trained towards is made of the labels here; the accuracy is that of the
    labels as they are.

    Args:
        recipe: its `loss`, `class_mean`, `mixed_labels`, `label_threshold` and
            `label_smoothing` are followed.
    """

    separable = True
    views = 1
    logs = ("accuracy",)

    def __init__(self, recipe):
        self._cross_entropy = LOSSES[recipe.loss].cross_entropy
        self._recipe = recipe

    def network(self, network):
        return network

    def loss(self, labels, logits):
        each = self._cross_entropy(labels, logits)
        return each / logits.shape[-1] if self._recipe.class_mean else each

    def sums(self, forward, batch):
        images, labels, *weights = batch
        logits = _at_least_single(forward(images))
        labels = tf.cast(labels, logits.dtype)
        each = self.loss(self._targets(labels), logits)
        if weights:
            each *= tf.cast(weights[0], each.dtype)
        return {"loss": tf.reduce_sum(each), "accuracy": _correct(labels, logits)}

    def _targets(self, labels):
        return targets(
            labels,
            self._recipe.mixed_labels,
            smoothing=self._recipe.label_smoothing,
            threshold=self._recipe.label_threshold,
        )


def _at_least_single(logits):
    return tf.cast(logits, tf.float32) if logits.dtype.size < 4 else logits


def _correct(labels, logits):
    found = tf.gather(labels, tf.argmax(logits, -1), batch_dims=1)
    hits = (found > 0) & (found == tf.reduce_max(labels, axis=-1))
    return tf.reduce_sum(tf.cast(hits, tf.float32))
