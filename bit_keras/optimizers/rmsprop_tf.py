"""RMSProp as TensorFlow had it at first, and EfficientNet was trained with."""

import keras

from bit_keras.optimizers.per_variable import PerVariable


@keras.saving.register_keras_serializable(package="bit_keras")
class RMSPropTF(PerVariable, keras.optimizers.RMSprop):
    """RMSProp whose average of squared gradients begins at 1, so that it begins gently.

    It is otherwise that of Keras: `epsilon` is under the root, the learning rate in the
    momentum. Weight decay is L2: it is added to the gradient.

    Args:
        learning_rate: float, or a schedule of Keras.
        rho: of the average of squared gradients.
        momentum: float, below 1.
        epsilon: is added to the average; 0.001 in EfficientNet's recipes.
        **arguments: see `PerVariable` and `keras.optimizers.RMSprop`.

    Reference: optim/rmsprop_tf.py of github.com/huggingface/pytorch-image-models.
    """

    def __init__(
        self, learning_rate=0.01, rho=0.9, momentum=0.0, epsilon=1e-10, **arguments
    ):
        super().__init__(
            learning_rate, rho=rho, momentum=momentum, epsilon=epsilon, **arguments
        )

    def add_optimizer_variables(self, trainable_variables, name, initializer="zeros"):
        if name == "velocity":  # which Keras calls the average of squared gradients
            initializer = "ones"
        return super().add_optimizer_variables(trainable_variables, name, initializer)
