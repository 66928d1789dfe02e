"""Optimizers in plain Keras clip the gradient of all devices together."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from bit_keras.optimizers import SGD, Lamb


def fitted(build, batches, strategy, make):
    with strategy.scope():
        network = build()
        network.compile(make(), keras.losses.CategoricalCrossentropy(from_logits=True))
    images, labels = (np.concatenate(values) for values in zip(*batches, strict=True))
    network.fit(images, labels, batch_size=8, shuffle=False, verbose=0)
    return np.concatenate([w.ravel() for w in network.get_weights()])


@pytest.mark.parametrize(
    "make",
    [
        lambda: SGD(0.1, global_clipnorm=0.02),
        lambda: SGD(0.1, adaptive_clip=0.01),
        lambda: Lamb(0.01, weight_decay=0.02, global_clipnorm=0.02),
    ],
    ids=["whole", "units", "lamb"],
)
def test_two_devices_clip_as_one(double_network, batches, two, make):
    alone = fitted(double_network, batches, tf.distribute.get_strategy(), make)
    shared = fitted(double_network, batches, two, make)
    assert np.abs(alone - shared).max() < 1e-6


def test_the_clipped_gradient_is_as_long_as_asked(double_network, batches, two):
    before = np.concatenate([w.ravel() for w in double_network().get_weights()])
    after = fitted(
        double_network, batches[:1], two, lambda: SGD(1.0, global_clipnorm=0.02)
    )
    assert np.linalg.norm(after - before) == pytest.approx(0.02, rel=1e-6)
