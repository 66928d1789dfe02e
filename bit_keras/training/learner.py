"""The learner: a network and a recipe as one `keras.Model` with the exact step."""

import keras
import tensorflow as tf

from bit_keras import optimizers
from bit_keras.errors import InputError
from bit_keras.optimizers.per_variable import HEAD
from bit_keras.training.forward import Forward
from bit_keras.training.freezing import freeze, freeze_batch_norm
from bit_keras.training.objectives import objective


class Learner(keras.Model):
    """Trains a network as its recipe says; `fit(data)` on batches of `data.load`.

    Already compiled. The update of a step is that of its whole batch, however that is
    spread: `recipe.micro_batch` goes through the network in parts, and a strategy of
    `tf.distribute` over replicas; the parts are summed and divided once, and it is the
    sum that is clipped. The numbers that random layers draw do not depend on it either.
    Statistics of a batch do: those of BatchNorm are of the part that goes through the
    network, and of all replicas where its layers are synchronized; what they keep is
    written once, at the end of the step. Built within the scope of the strategy that is
    to be used.

    Args:
        network: a functional `keras.Model` from images (batch, height, width, channels)
            in 0..255 to what the objective takes, such as logits (batch, classes). It
            is trained in place, as `kept`; `network` is what the objective makes of it.
        recipe: `bit_keras.recipes.Recipe`.

    Each step logs the mean `loss` over the batch, the figures of the objective (of
    classification the `accuracy` of the most probable class; labels may be one-hot,
    mixed or several), and the `learning_rate` it used.

    Raises:
        InputError: if the recipe names a layer or an objective that there is not, or
            views, a micro-batch or a test_scale that do not fit.
    """

    def __init__(self, network, recipe):
        super().__init__(name="learner")
        self.recipe = recipe
        self.objective = objective(recipe.objective)(recipe)
        self.kept, self.network = network, self.objective.network(network)
        network = self.network
        self._require_pictures()
        if recipe.freeze:
            freeze(self.kept, recipe.freeze)
        if recipe.batch_norm == "frozen":
            freeze_batch_norm(network)
        self.forward = Forward(network, recipe)
        self._require_divisible()
        optimizer = _optimizer(recipe)
        optimizer.build(network.trainable_variables)  # else the step is traced twice
        self.compile(optimizer, loss=self.objective.loss, jit_compile=False)
        self.averages = []
        if recipe.ema_decay:
            self.averages = [_average_of(v) for v in network.trainable_variables]
        # Of which random layers know what to draw; the optimizer does not count steps
        # that it skips.
        self.seen = keras.Variable(
            0,
            shape=(),
            dtype="int64",
            trainable=False,
            aggregation="only_first_replica",
            name="examples_seen",
        )

    def _require_pictures(self):
        tested = self.recipe.preprocessing.crop
        if tested != self.recipe.crop and self.kept.input_shape[1] is not None:
            raise InputError(
                f"This network takes images of {self.recipe.crop} pixels alone, and "
                f"tests would be at {tested}; set test_scale=1."
            )
        needed, given = self.objective.views, self.recipe.views
        if needed != given:
            raise InputError(
                f"The objective {self.recipe.objective} takes views={needed}, but the "
                f"recipe has views={given}; set views={needed}."
            )

    def _require_divisible(self):
        """Raises where the parts of a batch would not add up to the whole."""
        replicas = tf.distribute.get_strategy().num_replicas_in_sync
        if self.recipe.micro_batch or replicas > 1:
            self.forward.require_divisible()
        if not self.recipe.micro_batch:
            return
        if not self.objective.separable:
            raise InputError(
                f"The objective {self.recipe.objective} compares the images of a batch "
                "with each other, so that it cannot go through the network in parts; "
                "leave out micro_batch."
            )
        if self.forward.state and replicas > 1:
            raise InputError(
                "BatchNorm's statistics cannot be kept over the parts of a batch on "
                "several devices; leave out micro_batch."
            )

    def call(self, inputs, training=False):
        return self.network(inputs, training=training)

    def train_step(self, data):
        data = data if isinstance(data, tuple) else (data,)
        replicas = tf.distribute.get_replica_context()
        learning_rate = tf.convert_to_tensor(self.optimizer.learning_rate)
        here = tf.shape(data[0])[0]
        examples = _summed(here, replicas)
        place = tf.cast(replicas.replica_id_in_sync_group, tf.int64)
        first = self.seen.value + place * tf.cast(here, tf.int64)
        gradients, sums, state = self._sums(data, examples, first)
        if self._reduces_first(replicas):
            # The optimizer sums over the replicas, too.
            gradients = self._clipped(_summed(gradients, replicas))
            gradients = [g / replicas.num_replicas_in_sync for g in gradients]
        self.optimizer.apply(gradients, self.network.trainable_variables)
        self._update_averages()
        self._write(state, replicas)
        self.seen.assign_add(tf.cast(examples, tf.int64))
        sums = _summed(sums, replicas)
        count = tf.cast(examples, tf.float32)
        logs = {name: sums[name] / count for name in self.objective.logs}
        return {"loss": sums["loss"], **logs, "learning_rate": learning_rate}

    def reset_averages(self):
        """Begins the moving averages anew with the weights as they are now."""
        trainable = self.network.trainable_variables
        for average, variable in zip(self.averages, trainable, strict=False):
            average.assign(variable)

    def averaged_weights(self):
        """Gives the network's weights as evaluation takes them: averages, if kept."""
        trainable = self.network.trainable_variables
        averages = {
            variable.path: average
            for variable, average in zip(trainable, self.averages, strict=False)
        }
        return [averages.get(v.path, v).numpy() for v in self.network.weights]

    def _sums(self, batch, examples, first):
        """Gives gradients and sums of the objective, and the new state.

        The gradients and the loss are divided by `examples`.
        """
        micro, size = self.recipe.micro_batch, batch[0].shape[0]
        state = [variable.value for variable in self.forward.state]
        divided = micro and micro != size
        if not divided:
            return self._part_sums(batch, examples, first, state)
        if (size or micro) % micro:
            raise InputError(
                f"micro_batch={micro} does not divide the batch of {size}."
            )
        parts = tf.shape(batch[0])[0] // micro
        whole = [tf.reshape(x, [parts, micro, *x.shape[1:]]) for x in batch]

        def add(part, gradients, sums, state):
            batch = [x[part] for x in whole]
            start = first + tf.cast(part, tf.int64) * micro
            *added, state = self._part_sums(batch, examples, start, state)
            totals = tf.nest.map_structure(tf.add, [gradients, sums], added)
            return part + 1, *totals, state

        # A loop rather than a Python loop: the graph stays the size of one part.
        zeros = [tf.zeros(v.shape, v.dtype) for v in self.network.trainable_variables]
        sums = dict.fromkeys(("loss", *self.objective.logs), 0.0)
        state = [tf.convert_to_tensor(value) for value in state]
        _, *totals = tf.while_loop(
            lambda part, *_: part < parts,
            add,
            [0, zeros, sums, state],
            parallel_iterations=1,
        )
        return totals

    def _part_sums(self, batch, examples, first, state):
        variables = self.network.trainable_variables
        forward = self.forward.begin(state, first, tf.shape(batch[0])[0])
        with tf.GradientTape() as tape:
            sums = self.objective.sums(forward, batch)
            loss = sums["loss"] / tf.cast(examples, sums["loss"].dtype)
            scaled = self.optimizer.scale_loss(loss)
        gradients = tape.gradient(scaled, [v.value for v in variables])
        sums = {name: tf.cast(sums[name], tf.float32) for name in self.objective.logs}
        return gradients, {"loss": tf.cast(loss, tf.float32), **sums}, forward.state

    def _reduces_first(self, replicas):
        """Clipping, and the overflows of float16, are those of the whole gradient."""
        scales = isinstance(self.optimizer, keras.optimizers.LossScaleOptimizer)
        return self.recipe.clip_norm or (scales and replicas.num_replicas_in_sync > 1)

    def _clipped(self, gradients):
        if not self.recipe.clip_norm:
            return gradients
        norm = tf.linalg.global_norm(gradients)
        # Under float16 the gradients are those of a loss scaled up.
        limit = self.optimizer.scale_loss(self.recipe.clip_norm)
        factor = limit / tf.maximum(norm, limit)
        return [gradient * factor for gradient in gradients]

    def _update_averages(self):
        step = tf.cast(self.optimizer.iterations, tf.float32)
        # Short runs would else hold little but the initial weights.
        decay = tf.minimum(self.recipe.ema_decay, step / (10.0 + step))
        for average, variable in zip(
            self.averages, self.network.trainable_variables, strict=False
        ):
            rate = tf.cast(1 - decay, average.dtype)
            average.value.assign_add(rate * (variable.value - average.value))

    def _write(self, state, replicas):
        """Sets what BatchNorm and the like keep; the same on all replicas."""
        count = replicas.num_replicas_in_sync
        if count > 1 and state:
            state = [total / count for total in _summed(state, replicas)]
        for variable, value in zip(self.forward.state, state, strict=True):
            variable.assign(value)


def _optimizer(recipe):
    multipliers = {}
    if recipe.head_lr_multiplier != 1:
        multipliers = {HEAD: recipe.head_lr_multiplier}
    kind = optimizers.OPTIMIZERS[recipe.optimizer]
    optimizer = kind.make(optimizers.Table(recipe.rates()), recipe, multipliers)
    if recipe.precision == "mixed_float16":
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
    return optimizer


def _average_of(variable):
    return keras.Variable(
        lambda shape, dtype: tf.cast(variable.value, dtype),
        shape=variable.shape,
        dtype=variable.dtype,
        trainable=False,
        aggregation="only_first_replica",
        name=f"{variable.name}_average",
    )


def _summed(values, replicas):
    if replicas.num_replicas_in_sync == 1:
        return values
    return replicas.all_reduce(tf.distribute.ReduceOp.SUM, values)
