import keras
import numpy as np
import pytest

from bit_keras.models import BiTSpec, bit
from bit_keras.models.rematerialization import rematerialized


@pytest.mark.backend
def test_outputs_are_those_of_the_network():
    network = bit(BiTSpec((2, 1), 0.5), num_classes=None)
    images = np.random.default_rng(0).integers(0, 256, (2, 16, 16, 3))
    images = images.astype("float32")
    found, expected = (
        keras.ops.convert_to_numpy(forward(images))
        for forward in (rematerialized(network), network)
    )
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_less_is_kept_for_the_gradients():
    import tensorflow as tf

    network = bit(BiTSpec((2, 1), 0.5), num_classes=3)
    images = tf.constant(np.zeros((2, 16, 16, 3), "float32"))

    def kept(forward):
        @tf.function
        def gradients(images):
            with tf.GradientTape() as tape:
                loss = tf.reduce_sum(forward(images))
            return tape.gradient(loss, [v.value for v in network.trainable_variables])

        operations = gradients.get_concrete_function(images).graph.get_operations()
        return sum(op.type == "Conv2D" for op in operations)

    # The convolutions of the units are there a second time, in the backward pass.
    once = kept(lambda images: network(images, training=True))
    assert kept(rematerialized(network)) > 1.8 * once
