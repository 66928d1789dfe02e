"""Layers that make tokens of patches: the class token, and where a patch lies."""

import keras
import numpy as np
from keras import ops


@keras.saving.register_keras_serializable(package="bit_keras")
class ClassToken(keras.layers.Layer):
    """Puts a learned token, zero at first, before the others.

    Call: tokens (batch, count, hidden) -> (batch, 1 + count, hidden).

    Reference: https://arxiv.org/abs/2010.11929, equation 1.
    """

    def build(self, input_shape):
        self.token = self.add_weight(
            shape=(1, 1, input_shape[-1]), name="token", initializer="zeros"
        )

    def call(self, inputs):
        token = ops.cast(self.token, inputs.dtype)
        shape = (ops.shape(inputs)[0], 1, inputs.shape[-1])
        return ops.concatenate([ops.broadcast_to(token, shape), inputs], axis=1)

    def compute_output_shape(self, input_shape):
        batch, count, hidden = input_shape
        return (batch, count + 1, hidden)


@keras.saving.register_keras_serializable(package="bit_keras")
class Probe(keras.layers.Layer):
    """Gives a learned token for every image, which asks the others.

    Call: tokens (batch, count, hidden) -> (batch, 1, hidden).

    Reference: https://arxiv.org/abs/2106.04560, and `MAPHead` in models/vit.py of
        github.com/google-research/big_vision.
    """

    def build(self, input_shape):
        self.probe = self.add_weight(
            shape=(1, 1, input_shape[-1]), name="probe", initializer="glorot_uniform"
        )

    def call(self, inputs):
        shape = (ops.shape(inputs)[0], 1, inputs.shape[-1])
        return ops.broadcast_to(ops.cast(self.probe, inputs.dtype), shape)

    def compute_output_shape(self, input_shape):
        batch, _, hidden = input_shape
        return (batch, 1, hidden)


@keras.saving.register_keras_serializable(package="bit_keras")
class FirstToken(keras.layers.Layer):
    """Takes the first token: that of the class, or what a probe was answered.

    Call: tokens (batch, count, hidden) -> (batch, hidden).
    """

    def call(self, inputs):
        return inputs[:, 0]

    def compute_output_shape(self, input_shape):
        return (input_shape[0], input_shape[2])


@keras.saving.register_keras_serializable(package="bit_keras")
class PositionEmbedding(keras.layers.Layer):
    """Adds to each token what tells where its patch lies.

    Args:
        grid: (rows, columns) of the patches, which are in the order of reading.
        kind: "learned": for each token, and for those before the patches, too.
            "learned_2d": half of the numbers for the row, half for the column.
            "sincos2d": sines and cosines of column and row, fixed.

    Call: tokens (batch, extra + rows * columns, hidden) -> the same shape.

    Reference: https://arxiv.org/abs/2010.11929, section 3.1 and appendix D.4; for
        "sincos2d" https://arxiv.org/abs/2205.01580 and models/vit.py of
        github.com/google-research/big_vision.
    """

    def __init__(self, grid, kind="learned", **kwargs):
        super().__init__(**kwargs)
        self.grid = tuple(grid)
        self.kind = kind

    def build(self, input_shape):
        rows, columns = self.grid
        _, count, hidden = input_shape
        self.extra = count - rows * columns
        normal = keras.initializers.RandomNormal(stddev=0.02)
        if self.kind == "learned":
            shapes = {"positions": (1, count, hidden)}
        elif self.kind == "learned_2d":
            shapes = {
                "rows": (rows, 1, hidden // 2),
                "columns": (1, columns, hidden // 2),
            }
            if self.extra:
                shapes["positions"] = (1, self.extra, hidden)
        else:
            shapes = {}
        for name, shape in shapes.items():
            weight = self.add_weight(shape=shape, name=name, initializer=normal)
            setattr(self, name, weight)

    def call(self, inputs):
        if self.kind == "learned":
            return inputs + ops.cast(self.positions, inputs.dtype)
        patches = ops.cast(self._of_patches(inputs.shape[-1]), inputs.dtype)
        if not self.extra:
            return inputs + patches
        if self.kind == "learned_2d":
            before = ops.cast(self.positions, inputs.dtype)
        else:
            before = ops.zeros((1, self.extra, inputs.shape[-1]), inputs.dtype)
        return inputs + ops.concatenate([before, patches], axis=1)

    def _of_patches(self, hidden):
        if self.kind == "sincos2d":
            return ops.convert_to_tensor(sincos2d(self.grid, hidden))
        rows, columns = self.grid
        half = hidden // 2
        parts = [
            ops.broadcast_to(ops.convert_to_tensor(part), (rows, columns, half))
            for part in (self.rows, self.columns)
        ]
        return ops.reshape(ops.concatenate(parts, axis=-1), (1, -1, hidden))

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "grid": self.grid, "kind": self.kind}


def sincos2d(grid, hidden):
    """Gives sines and cosines of positions, float32 (1, rows * columns, hidden).

    A quarter each are sines and cosines of the column, then of the row, with
    frequencies from 1 to 1/10,000.
    """
    rows, columns = np.mgrid[: grid[0], : grid[1]]
    count = hidden // 4
    frequencies = 10_000.0 ** -(np.arange(count) / max(1, count - 1))
    parts = [
        function(axis.reshape(-1, 1) * frequencies)
        for axis in (columns, rows)
        for function in (np.sin, np.cos)
    ]
    return np.concatenate(parts, axis=-1)[None].astype("float32")
