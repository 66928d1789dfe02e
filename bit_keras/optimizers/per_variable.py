"""SGD and AdamW with a learning rate and a decay for each variable."""

import re

import keras
from keras import ops


class PerVariable:
    """To be mixed in before an optimizer of Keras.

    Args:
        weight_decay: float, for the variables that `decay` finds.
        decay: regular expression searched in the paths of variables
            ("stage1_conv/kernel"); by default the kernels.
        multipliers: dict, regular expression -> factor of the learning rate; the first
            that is found in a path counts.
        **arguments: of the Keras optimizer.
    """

    decoupled = False  # else the decay is added to the gradient

    def __init__(
        self, *args, weight_decay=0.0, decay="kernel$", multipliers=None, **arguments
    ):
        super().__init__(*args, **arguments)
        self.decay_rate = weight_decay
        self.decay = decay
        self.multipliers = dict(multipliers or {})

    def build(self, variables):
        self._decays = [
            self.decay_rate if re.search(self.decay, variable.path) else 0.0
            for variable in variables
        ]
        self._factors = [
            next(
                (f for p, f in self.multipliers.items() if re.search(p, variable.path)),
                1.0,
            )
            for variable in variables
        ]
        super().build(variables)

    def update_step(self, gradient, variable, learning_rate):
        # Keras' own guide to optimizers uses this name: there is no public one.
        index = self._get_variable_index(variable)
        decay, factor = self._decays[index], self._factors[index]
        learning_rate = ops.cast(learning_rate, variable.dtype) * factor
        if decay and self.decoupled:
            self.assign_sub(variable, variable * decay * learning_rate)
        elif decay:
            gradient = gradient + decay * variable
        super().update_step(gradient, variable, learning_rate)

    def get_config(self):
        return {
            **super().get_config(),
            "weight_decay": self.decay_rate,
            "decay": self.decay,
            "multipliers": self.multipliers,
        }


@keras.saving.register_keras_serializable(package="bit_keras")
class SGD(PerVariable, keras.optimizers.SGD):
    """Momentum SGD whose weight decay is L2: it is added to the gradient.

    This is what the ResNet papers mean by weight decay; that of Keras' SGD bypasses the
    momentum, and pulls ten times less at momentum 0.9.

    Args:
        *args, **arguments: see `PerVariable` and `keras.optimizers.SGD`.
    """


@keras.saving.register_keras_serializable(package="bit_keras")
class AdamW(PerVariable, keras.optimizers.Adam):
    """Adam with decoupled weight decay (https://arxiv.org/abs/1711.05101).

    Args:
        *args, **arguments: see `PerVariable` and `keras.optimizers.Adam`.
    """

    decoupled = True
