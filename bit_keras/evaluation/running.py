"""A network run over a dataset: its probabilities beside the labels."""

import dataclasses

import numpy as np
import tensorflow as tf
from tqdm import tqdm

from bit_keras import losses
from bit_keras.errors import InputError


@dataclasses.dataclass(frozen=True)
class Predictions:
    """What a network said about every example of a dataset, in the dataset's order.

    Attributes:
        probabilities: float32 array (examples, classes); of a softmax, so that each
            row sums to 1, or of sigmoids.
        labels: of one label each the true class, int64 array (examples,); of any
            number 0 and 1, int8 array (examples, classes).
        loss: of `bit_keras.losses`, which the probabilities follow from.
    """

    probabilities: np.ndarray
    labels: np.ndarray
    loss: str = "softmax"

    @property
    def multi_label(self):
        """Whether an example may have several labels, or none."""
        return self.labels.ndim == 2

    @property
    def predicted(self):
        """The most probable class of each example, int64 array (examples,)."""
        return self.probabilities.argmax(axis=-1)


def classify(model, dataset, *, loss="softmax", multi_label=False, description=""):
    """Runs `model` over `dataset` once and gives its `Predictions`.

    Args:
        model: a model whose output is logits (batch, classes), of any float type.
        dataset: finite `tf.data.Dataset` of (images, labels (batch, classes)), one-hot
            or of several labels any 0 and 1; the last batch may be smaller.
        loss: name in `bit_keras.losses` of what the network was trained with.
        multi_label: whether an example may have several labels, or none.
        description: text before the progress bar, shown on stderr after a second.

    Raises:
        InputError: the dataset is empty, it and the network have different class
            counts, or a probability is not a number.
    """
    return Classifier(model, loss, multi_label)(dataset, description)


class Classifier:
    """`classify` for several turns: the graph of the network is made once."""

    def __init__(self, model, loss="softmax", multi_label=False):
        @tf.function
        def step(images, targets):
            probabilities = losses.probabilities(model(images, training=False), loss)
            if multi_label:
                return probabilities, tf.cast(targets, tf.int8)
            return probabilities, tf.argmax(targets, axis=-1)

        self._step, self._loss = step, loss

    def __call__(self, dataset, description=""):
        batches = int(dataset.cardinality())
        bar = tqdm(
            dataset,
            total=batches if batches >= 0 else None,
            desc=description,
            unit="batch",
            delay=1,
            leave=False,
        )
        predictions_of = self.of(*dataset.element_spec)
        return joined([predictions_of(images, targets) for images, targets in bar])

    def of(self, images, targets):
        """Gives a function from batches (images, targets) to their `Predictions`.

        Args:
            images, targets: `tf.TensorSpec` of such batches, for which a graph is made.
        """
        step = self._step.get_concrete_function(images, targets)

        def predictions_of(images, targets):
            probabilities, labels = step(images, targets)
            probabilities = probabilities.numpy()
            _check_batch(probabilities, targets)
            return Predictions(probabilities, labels.numpy(), self._loss)

        return predictions_of


def joined(parts):
    """Gives the `Predictions` of all examples from those of their batches.

    Raises:
        InputError: there are none.
    """
    if not parts:
        raise InputError(
            "The dataset to evaluate on has no examples; "
            "choose another split or another dataset."
        )
    return Predictions(
        np.concatenate([part.probabilities for part in parts]),
        np.concatenate([part.labels for part in parts]),
        parts[0].loss,
    )


def _check_batch(probabilities, targets):
    classes = probabilities.shape[-1]
    if targets.shape[-1] != classes:
        raise InputError(
            f"The network tells {classes} classes apart but the dataset has "
            f"{targets.shape[-1]}; evaluate it on the classes it was trained for."
        )
    if np.isnan(probabilities).any():
        raise InputError(
            "The network's probabilities are NaN (not a number): its weights are "
            "damaged or its training diverged; train again with a lower base_lr "
            "or load other weights."
        )
