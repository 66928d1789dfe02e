"""Attention of every token to every other, without weights of its own."""

import keras
from keras import ops

from bit_keras.layers.randomness import Dropout


class _Heads(keras.layers.Layer):
    """What both layers share: heads of (batch, count, heads, hidden / heads)."""

    def __init__(self, heads, **kwargs):
        super().__init__(**kwargs)
        self.heads = heads

    def _split(self, tokens):
        shape = ops.shape(tokens)
        return ops.reshape(tokens, (*shape[:2], self.heads, shape[2] // self.heads))

    def _weights(self, query, key):
        """Softmax in float32: (batch, heads, queries, keys)."""
        query, key = (self._split(x) for x in (query, key))
        query = ops.transpose(query, (0, 2, 1, 3)) * query.shape[-1] ** -0.5
        scores = ops.matmul(query, ops.transpose(key, (0, 2, 3, 1)))
        return ops.softmax(ops.cast(scores, "float32"), axis=-1)

    def get_config(self):
        return {**super().get_config(), "heads": self.heads}


@keras.saving.register_keras_serializable(package="bit_keras")
class Attention(_Heads):
    """Multi-head attention between dense layers: softmax(query key' / sqrt(d)) value.

    Args:
        heads: int; must divide the numbers of a token.
        dropout: share of the weights of attention that is dropped in training.

    Call: [query, key, value], each (batch, count, hidden) -> the shape of `query`.

    Reference: https://arxiv.org/abs/2010.11929, appendix A.
    """

    def __init__(self, heads, *, dropout=0.0, **kwargs):
        super().__init__(heads, **kwargs)
        self.dropout = dropout
        self.drop = Dropout(dropout, dtype=self.dtype_policy) if dropout else None

    def call(self, inputs, training=False):
        query, key, value = inputs
        if self.drop is not None and training:
            weights = self.drop(self._weights(query, key), training=True)
            weights = ops.cast(weights, value.dtype)
            values = ops.transpose(self._split(value), (0, 2, 1, 3))
            mixed = ops.transpose(ops.matmul(weights, values), (0, 2, 1, 3))
        else:
            mixed = ops.dot_product_attention(*map(self._split, inputs))
        return ops.reshape(mixed, ops.shape(query))

    def compute_output_shape(self, input_shape):
        return input_shape[0]

    def get_config(self):
        return {**super().get_config(), "dropout": self.dropout}


@keras.saving.register_keras_serializable(package="bit_keras")
class AttentionWeights(_Heads):
    """The weights of `Attention`, for those who look at them.

    Call: [query, key, value], each (batch, count, hidden) -> float32
        (batch, heads, queries, keys), of which each row sums to 1.
    """

    def call(self, inputs):
        return self._weights(*inputs[:2])

    def compute_output_spec(self, inputs):
        query, key = inputs[:2]
        shape = (query.shape[0], self.heads, query.shape[1], key.shape[1])
        return keras.KerasTensor(shape, dtype="float32")
