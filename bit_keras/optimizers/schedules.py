"""Keras schedules made from a recipe's data."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="bit_keras")
class WarmupPiecewise(keras.optimizers.schedules.LearningRateSchedule):
    """Linear warm-up from exactly 0, then a division by 10 after each boundary.

    The same values as `Recipe.learning_rate`, for a step that is a tensor.

    Args:
        base_lr: float, learning rate after the warm-up.
        warmup_steps: int.
        decay_at: steps; the decayed value holds from the step after each.

    Reference: bit_hyperrule.py of github.com/google-research/big_transfer.
    """

    def __init__(self, base_lr, warmup_steps, decay_at):
        super().__init__()
        self.base_lr = base_lr
        self.warmup_steps = warmup_steps
        self.decay_at = tuple(decay_at)

    def __call__(self, step):
        step = ops.cast(step, "float32")
        rate = ops.full((), self.base_lr, dtype="float32")
        for boundary in self.decay_at:
            rate = ops.where(step > boundary, 0.1 * rate, rate)
        if not self.warmup_steps:
            return rate
        rising = self.base_lr * step / self.warmup_steps
        return ops.where(step < self.warmup_steps, rising, rate)

    def get_config(self):
        return {
            "base_lr": self.base_lr,
            "warmup_steps": self.warmup_steps,
            "decay_at": self.decay_at,
        }
