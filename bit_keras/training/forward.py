"""A network's pass in training, as a function of its state and of which examples."""

import keras
import numpy as np
import tensorflow as tf

from bit_keras.errors import InputError
from bit_keras.layers.randomness import GENERATOR, drawn_in_groups
from bit_keras.models.rematerialization import cut_into_parts

SEED = "seed_generator_state"  # what Keras calls the variable of every generator


class Forward:
    """Computes what a network does in training, without a change to its variables.

    What BatchNorm and the like keep is the `state`: it goes in and comes out, and is
    for the caller to write. The numbers of random layers are drawn under the key (seed
    of the recipe, number of the layer, number of the group of consecutive examples).

    Args:
        network: functional `keras.Model` with one input and one output. What layers
            keep that are not trainable never changes and is no state.
        recipe: its `seed`, `random_group` and `remat` are followed: with `remat`, the
            insides of the network's units are computed again for the gradients instead
            of being kept.
    """

    def __init__(self, network, recipe):
        self.parts = cut_into_parts(network) if recipe.remat else [network]
        self.state = [
            variable
            for layer in network.layers
            if layer.trainable
            for variable in layer.non_trainable_weights
        ]
        self.seed = recipe.seed
        self.group = recipe.random_group
        self.remat = recipe.remat
        self.generators = [
            variable
            for variable in network.non_trainable_variables
            if variable.path.endswith(SEED)
        ]

    def require_divisible(self):
        """Raises `InputError` where a network draws for all it is given at once."""
        foreign = [v.path for v in self.generators if GENERATOR not in v.path]
        if foreign:
            raise InputError(
                "A random layer of this network draws its numbers for a whole batch "
                f"({foreign[0]}), so that they would depend on how it is divided; take "
                "Dropout and StochasticDepth of bit_keras.layers, or one device "
                "without micro_batch."
            )

    def begin(self, state, first, examples):
        """Gives a `Pass` over some consecutive examples.

        Args:
            state: list of tensors, the values of `self.state`.
            first: int64 scalar, number of the first example in the whole run.
            examples: int or int32 scalar, how many there are.
        """
        return Pass(self, state, first, examples)


class Pass:
    """The network as a function of images; after a call, `state` is the new one.

    It may be called with several rows for each example, which are then consecutive, and
    several times; each call draws other random numbers.
    """

    def __init__(self, forward, state, first, examples):
        self._forward = forward
        self._first, self._examples = first, examples
        self._calls = 0
        self.state = list(state)

    def __call__(self, images):
        forward = self._forward
        values = dict(zip(map(id, forward.state), self.state, strict=True))
        known = set(values)
        if forward.generators:
            values |= self._keys(images)
        self._calls += 1
        for part in forward.parts:
            images, changed = _run(part, images, values, known, forward)
            values |= changed
        self.state = [values[id(variable)] for variable in forward.state]
        return images

    def _keys(self, images):
        """Gives the state of every generator in this call."""
        forward = self._forward
        rows = tf.shape(images)[0] // self._examples
        number = self._first * tf.cast(rows, tf.int64) // forward.group
        keys = {}
        for layer, variable in enumerate(forward.generators):
            entropy = np.random.SeedSequence([forward.seed, layer, self._calls])
            (key,) = entropy.generate_state(1) >> 1  # which fits into int32, too
            pair = tf.stack([tf.constant(key, tf.int64), number])
            keys[id(variable)] = tf.cast(pair, variable.dtype)
        return keys


def _run(part, x, values, state, forward):
    """Gives the outputs of a part, and the new values of what state it has."""
    others = [values.get(id(v), v.value) for v in part.non_trainable_variables]
    kept = [n for n, v in enumerate(part.non_trainable_variables) if id(v) in state]

    def compute(x, *trainable):
        with drawn_in_groups(forward.group):
            outputs, after = part.stateless_call(trainable, others, x, training=True)
        return outputs, *[after[number] for number in kept]

    compute = keras.remat(compute) if forward.remat else compute
    x, *after = compute(x, *[v.value for v in part.trainable_variables])
    variables = part.non_trainable_variables
    changed = {id(variables[n]): a for n, a in zip(kept, after, strict=True)}
    return x, changed
