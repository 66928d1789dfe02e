"""Patches out of sight, for a network that learns to guess them."""

import keras
from keras import ops

from bit_keras.layers.randomness import DrawingLayer

CORRUPTED = 0.5  # of the patches of an image; of these:
MASKED, OTHER = 0.8, 0.1


@keras.saving.register_keras_serializable(package="bit_keras")
class MaskedPatches(DrawingLayer):
    """Corrupts half of the tokens of each image, and says which.

    Of these, 80 % become a learned token, 10 % the token of another patch, and 10 %
    stay as they are. What the paper leaves open: exactly half of the patches of every
    image are corrupted, what becomes of each is drawn by itself, and the other patch
    is of the same image.

    Call: tokens (batch, count, hidden) -> tokens of the same shape, and 1 where one was
        corrupted, else 0, (batch, count, 1).

    Reference: https://arxiv.org/abs/2010.11929, appendix B.1.2.
    """

    def build(self, input_shape):
        self.token = self.add_weight(
            shape=(1, 1, input_shape[-1]),
            name="token",
            initializer=keras.initializers.RandomNormal(stddev=0.02),
        )

    def call(self, inputs):
        count = inputs.shape[1]
        noise = self.uniform((ops.shape(inputs)[0], count, 3))
        order, fate, place = ops.split(noise, 3, axis=-1)
        rank = ops.argsort(ops.argsort(order, axis=1), axis=1)
        corrupted = rank < round(CORRUPTED * count)
        # Some places further on, and at the end from the start again.
        further = 1 + ops.cast(place * max(1, count - 1), "int32")
        here = ops.reshape(ops.arange(count, dtype="int32"), (1, count, 1))
        other = ops.take_along_axis(inputs, (here + further) % count, axis=1)
        token = ops.cast(self.token, inputs.dtype)
        tokens = ops.where(fate < MASKED + OTHER, other, inputs)
        tokens = ops.where(fate < MASKED, token, tokens)
        return ops.where(corrupted, tokens, inputs), ops.cast(corrupted, inputs.dtype)

    def compute_output_shape(self, input_shape):
        return input_shape, (*input_shape[:2], 1)
