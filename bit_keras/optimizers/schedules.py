"""A Keras schedule that looks the rates of a run up."""

import keras
import numpy as np
from keras import ops


@keras.saving.register_keras_serializable(package="bit_keras")
class Table(keras.optimizers.schedules.LearningRateSchedule):
    """Gives the learning rate of each step from a table; the last one holds on.

    Args:
        rates: of the steps from 0 on, as `Recipe.rates` gives them.
    """

    def __init__(self, rates):
        super().__init__()
        self.rates = np.asarray(rates, "float32")

    def __call__(self, step):
        last = len(self.rates) - 1
        step = ops.clip(ops.cast(step, "int32"), 0, last)
        return ops.take(ops.convert_to_tensor(self.rates), step)

    def get_config(self):
        return {"rates": self.rates.tolist()}
