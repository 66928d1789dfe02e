"""LAMB, for batches of thousands of images."""

import keras
from keras import ops

from bit_keras.optimizers.per_variable import PerVariable


@keras.saving.register_keras_serializable(package="bit_keras")
class Lamb(PerVariable, keras.optimizers.Optimizer):
    """Adam whose step is as long as the weights it changes, times the learning rate.

    As timm has it, and unlike `keras.optimizers.Lamb`: weight decay is part of the step
    whose length is set, variables without weight decay (all but the kernels) take
    Adam's own step, and the whole gradient is clipped. Without `weight_decay` it is
    Adam.

    Args:
        learning_rate: float, or a schedule of Keras.
        beta_1, beta_2: of the averages of the gradient and of its square.
        epsilon: is added to the root of the latter.
        global_clipnorm: largest norm of the gradient of all variables; None is without.
            The optimizer of a recipe has none, as there it is `Recipe.clip_norm` that
            clips the whole gradient, whatever the optimizer.
        trust_clip: steps are shortened to the norm of the weights but never lengthened.
        **arguments: see `PerVariable` and `keras.optimizers.Optimizer`.

    Reference: You et al. 2020, https://arxiv.org/abs/1904.00962; optim/lamb.py of
        github.com/huggingface/pytorch-image-models.
    """

    def __init__(
        self,
        learning_rate=0.001,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-6,
        global_clipnorm=1.0,
        trust_clip=False,
        **arguments,
    ):
        super().__init__(learning_rate, global_clipnorm=global_clipnorm, **arguments)
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.trust_clip = trust_clip

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self._means, self._squares = self.add_optimizer_variables(
            variables, ["mean", "square"]
        )

    def update_step(self, gradient, variable, learning_rate):
        gradient, learning_rate, decay = self.of_variable(
            ops.cast(gradient, variable.dtype), variable, learning_rate
        )
        step = self._adam(gradient, variable)
        if decay:
            step = step + decay * variable
            step = step * self._trust_ratio(variable, step)
        self.assign_sub(variable, learning_rate * step)

    def _adam(self, gradient, variable):
        index = self._get_variable_index(variable)
        mean, square = self._means[index], self._squares[index]
        for average, value, beta in (
            (mean, gradient, self.beta_1),
            (square, ops.square(gradient), self.beta_2),
        ):
            self.assign(average, average * beta + value * (1 - beta))
        number = ops.cast(self.iterations + 1, variable.dtype)
        # As both averages began at zero.
        of_mean, of_square = (
            1 - ops.power(ops.cast(beta, variable.dtype), number)
            for beta in (self.beta_1, self.beta_2)
        )
        root = ops.sqrt(square) / ops.sqrt(of_square)
        return mean / of_mean / (root + self.epsilon)

    def _trust_ratio(self, variable, step):
        weights, length = (
            ops.sqrt(ops.sum(ops.square(values))) for values in (variable, step)
        )
        ratio = ops.where(
            ops.logical_and(weights > 0, length > 0),
            weights / length,
            ops.ones_like(length),
        )
        return ops.minimum(ratio, 1) if self.trust_clip else ratio

    def get_config(self):
        return {
            **super().get_config(),
            "beta_1": self.beta_1,
            "beta_2": self.beta_2,
            "epsilon": self.epsilon,
            "trust_clip": self.trust_clip,
        }
