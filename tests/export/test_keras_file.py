import numpy as np
import tensorflow as tf

from bit_keras.export.keras_file import open_keras, save_keras


def test_a_keras_file_gives_the_logits(trained, colours, expected, tmp_path):
    save_keras(trained, tmp_path)
    probabilities = tf.nn.softmax(open_keras(tmp_path)(colours))
    np.testing.assert_allclose(probabilities, expected, atol=1e-5)
