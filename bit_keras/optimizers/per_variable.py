"""SGD and AdamW with a learning rate and a decay for each variable."""

import re

import keras
from keras import ops

from bit_keras.optimizers.clipping import adaptively_clipped, on_first_replica

HEAD = "^logits/"  # of the networks of this package


class PerVariable:
    """To be mixed in before an optimizer of Keras.

    Args:
        weight_decay: float, for the variables that `decay` finds.
        decay: regular expression searched in the paths of variables
            ("stage1_conv/kernel"); by default the kernels.
        multipliers: dict, regular expression -> factor of the learning rate; the first
            that is found in a path counts.
        adaptive_clip: largest norm of the gradient of an output unit as a share of the
            norm of its weights, see `adaptively_clipped`; 0 is without.
        unclipped: regular expression of the variables whose gradients `adaptive_clip`
            leaves as they are; by default the head.
        **arguments: of the Keras optimizer. `global_clipnorm` clips the gradient of all
            replicas of `tf.distribute` together, where Keras clips that of each.
    """

    decoupled = False  # else the decay is added to the gradient

    def __init__(
        self,
        *args,
        weight_decay=0.0,
        decay="kernel$",
        multipliers=None,
        adaptive_clip=0.0,
        unclipped=HEAD,
        **arguments,
    ):
        super().__init__(*args, **arguments)
        self.decay_rate = weight_decay
        self.decay = decay
        self.multipliers = dict(multipliers or {})
        self.adaptive_clip = adaptive_clip
        self.unclipped = unclipped

    def build(self, variables):
        paths = [variable.path for variable in variables]
        self._decays = [
            self.decay_rate if re.search(self.decay, path) else 0.0 for path in paths
        ]
        self._factors = [
            next((f for p, f in self.multipliers.items() if re.search(p, path)), 1.0)
            for path in paths
        ]
        self._clips = [
            0.0 if re.search(self.unclipped, path) else self.adaptive_clip
            for path in paths
        ]
        super().build(variables)

    def apply(self, grads, trainable_variables=None):
        if self.global_clipnorm and keras.backend.backend() == "tensorflow":
            grads = on_first_replica(grads)
        super().apply(grads, trainable_variables)

    def of_variable(self, gradient, variable, learning_rate):
        """Gives the (gradient, learning rate, decay) that are a variable's own."""
        # Keras' own guide to optimizers uses this name: there is no public one.
        index = self._get_variable_index(variable)
        learning_rate = ops.cast(learning_rate, variable.dtype) * self._factors[index]
        if self._clips[index]:
            gradient = adaptively_clipped(gradient, variable, self._clips[index])
        return gradient, learning_rate, self._decays[index]

    def update_step(self, gradient, variable, learning_rate):
        gradient, learning_rate, decay = self.of_variable(
            gradient, variable, learning_rate
        )
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
            "adaptive_clip": self.adaptive_clip,
            "unclipped": self.unclipped,
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
