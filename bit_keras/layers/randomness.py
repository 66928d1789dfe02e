"""Random layers whose draws do not depend on how a batch is divided.

Outside of a learner's step they draw from a generator of their own, as Keras' layers
do. In a step, the learner sets the state of that generator to (key of the layer, number
of a group), and each group of consecutive examples is drawn under its own number: the
same whether a batch goes through the network whole, in parts, or on several devices.
"""

import contextlib
import contextvars

import keras
from keras import ops

# Of the generators' states, by which a learner finds them in any network.
GENERATOR = "example_groups"
_group_size = contextvars.ContextVar("group_size", default=None)


@contextlib.contextmanager
def drawn_in_groups(size):
    """Makes the layers called inside draw for each `size` consecutive examples."""
    before = _group_size.set(size)
    try:
        yield
    finally:
        _group_size.reset(before)


class DrawingLayer(keras.layers.Layer):
    """A layer that draws numbers; see above.

    Args:
        seed: integer, or None for one of Keras' own choice.
        **kwargs: arguments of `keras.layers.Layer`.
    """

    def __init__(self, *, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed, name=GENERATOR)

    def uniform(self, shape):
        """Draws numbers from 0 to below 1, float32 of a shape (batch, …)."""
        size = _group_size.get()
        if size is None:
            return keras.random.uniform(shape, seed=self.seed_generator)
        key, first = ops.unstack(self.seed_generator.state.value, 2)

        def draw(number):
            seed = _Fixed(ops.stack([key, first + number]))
            return keras.random.uniform((size, *shape[1:]), seed=seed)

        # The last group may be smaller.
        groups = ops.arange((shape[0] + size - 1) // size, dtype=first.dtype)
        drawn = ops.reshape(ops.map(draw, groups), (-1, *shape[1:]))
        return drawn[: shape[0]]

    def get_config(self):
        return {**super().get_config(), "seed": self.seed}


class _Dropping(DrawingLayer):
    """Sets what it drops to 0, and scales the rest so that the mean stays.

    Args:
        rate: share that is dropped, from 0 to below 1.
        **kwargs: arguments of `DrawingLayer`.

    Raises:
        ValueError: if the rate is out of range.
    """

    def __init__(self, rate, **kwargs):
        super().__init__(**kwargs)
        if not 0 <= rate < 1:
            raise ValueError(f"`rate` is from 0 to below 1. Received: {rate}")
        self.rate = rate
        self.supports_masking = True
        self.built = True

    def call(self, inputs, training=False):
        if not training or not self.rate:
            return inputs
        kept = self.uniform(self._drawn_shape(inputs)) >= self.rate
        # Chosen rather than multiplied, because what is dropped may be infinite.
        return ops.where(kept, inputs / (1 - self.rate), ops.zeros_like(inputs))

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "rate": self.rate}


@keras.saving.register_keras_serializable(package="bit_keras")
class Dropout(_Dropping):
    """Drops single values in training, with probability `rate`.

    Call: inputs (batch, …) -> the same shape.

    Reference: Srivastava et al. 2014, Journal of Machine Learning Research 15.
    """

    def _drawn_shape(self, inputs):
        return ops.shape(inputs)


@keras.saving.register_keras_serializable(package="bit_keras")
class StochasticDepth(_Dropping):
    """Drops whole examples of a residual branch in training, with probability `rate`.

    Call: inputs (batch, …) -> the same shape.

    Reference: Huang et al. 2016, https://arxiv.org/abs/1603.09382; scaled by the share
        of what is kept, as in timm.
    """

    def _drawn_shape(self, inputs):
        return (ops.shape(inputs)[0], *[1] * (len(inputs.shape) - 1))


class _Fixed(keras.random.SeedGenerator):
    """A seed that is a tensor, which `keras.random` takes in this form only."""

    def __init__(self, key):
        self.key = key

    def next(self, ordered=True):
        return self.key
