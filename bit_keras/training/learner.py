"""The learner: a network and a recipe as one `keras.Model` with the exact step."""

import keras
import tensorflow as tf

from bit_keras import losses, optimizers
from bit_keras.errors import InputError
from bit_keras.models.rematerialization import rematerialized
from bit_keras.training.freezing import freeze

HEAD = "^logits/"


class Learner(keras.Model):
    """Trains a network as its recipe says; `fit(data)` on batches of `data.load`.

    Already compiled. The update of a step is that of its whole batch, however that is
    spread: `recipe.micro_batch` goes through the network in parts, and a strategy of
    `tf.distribute` over replicas; the parts are summed and divided once, and it is the
    sum that is clipped. Built within the scope of the strategy that is to be used.

    Args:
        network: a `keras.Model` from images (batch, height, width, channels) in 0..255
            to logits (batch, classes). It is trained in place.
        recipe: `bit_keras.recipes.Recipe`.

    Each step logs the mean `loss` over the batch (labels may be one-hot, mixed or
    several, and weighted by a third element of the batch), the `accuracy` of the most
    probable class, and the `learning_rate` it used.

    Raises:
        InputError: if the recipe names a layer or a micro-batch that does not fit.
    """

    def __init__(self, network, recipe):
        super().__init__(name="learner")
        self.network = network
        self.recipe = recipe
        if recipe.freeze:
            freeze(network, recipe.freeze)
        self._forward = (
            rematerialized(network)
            if recipe.remat
            else lambda images: network(images, training=True)
        )
        optimizer = _optimizer(recipe)
        optimizer.build(network.trainable_variables)  # else the step is traced twice
        self.compile(
            optimizer=optimizer,
            loss=losses.LOSSES[recipe.loss].cross_entropy,
            jit_compile=False,
        )
        self.averages = []
        if recipe.ema_decay:
            self.averages = [_average_of(v) for v in network.trainable_variables]

    def call(self, inputs, training=False):
        return self.network(inputs, training=training)

    def train_step(self, data):
        images, labels, *weights = data
        replicas = tf.distribute.get_replica_context()
        learning_rate = tf.convert_to_tensor(self.optimizer.learning_rate)
        examples = _summed(tf.shape(images)[0], replicas)
        gradients, loss, correct = self._sums(images, labels, weights, examples)
        if self._reduces_first(replicas):
            # The optimizer sums over the replicas, too.
            gradients = self._clipped(_summed(gradients, replicas))
            gradients = [g / replicas.num_replicas_in_sync for g in gradients]
        self.optimizer.apply(gradients, self.network.trainable_variables)
        self._update_averages()
        loss, correct = _summed([loss, correct], replicas)
        return {
            "loss": loss,
            "accuracy": correct / tf.cast(examples, tf.float32),
            "learning_rate": learning_rate,
        }

    def averaged_weights(self):
        """Gives the network's weights as evaluation takes them: averages, if kept."""
        trainable = self.network.trainable_variables
        averages = {
            variable.path: average
            for variable, average in zip(trainable, self.averages, strict=False)
        }
        return [averages.get(v.path, v).numpy() for v in self.network.weights]

    def _sums(self, images, labels, weights, examples):
        """Gives gradients and loss, both over `examples`, and the correct ones."""
        micro = self.recipe.micro_batch
        if not micro or micro == images.shape[0]:
            return self._part_sums(images, labels, weights, examples)
        if (images.shape[0] or micro) % micro:
            raise InputError(
                f"micro_batch={micro} does not divide the batch of {images.shape[0]}."
            )
        parts = tf.shape(images)[0] // micro
        whole = [
            tf.reshape(x, [parts, micro, *x.shape[1:]])
            for x in (images, labels, *weights)
        ]

        def add(part, *totals):
            images, labels, *weights = (x[part] for x in whole)
            added = self._part_sums(images, labels, weights, examples)
            sums = tf.nest.map_structure(tf.add, list(totals), tf.nest.flatten(added))
            return part + 1, *sums

        # A loop rather than a Python loop: the graph stays the size of one part.
        variables = self.network.trainable_variables
        zeros = [tf.zeros(v.shape, v.dtype) for v in variables]
        _, *totals = tf.while_loop(
            lambda part, *_: part < parts,
            add,
            [0, *zeros, 0.0, 0.0],
            parallel_iterations=1,
        )
        return totals[:-2], totals[-2], totals[-1]

    def _part_sums(self, images, labels, weights, examples):
        variables = self.network.trainable_variables
        with tf.GradientTape() as tape:
            logits = _at_least_single(self._forward(images))
            labels = tf.cast(labels, logits.dtype)
            each = losses.LOSSES[self.recipe.loss].cross_entropy(labels, logits)
            if weights:
                each *= tf.cast(weights[0], each.dtype)
            loss = tf.reduce_sum(each) / tf.cast(examples, each.dtype)
            scaled = self.optimizer.scale_loss(loss)
        gradients = tape.gradient(scaled, [v.value for v in variables])
        return gradients, tf.cast(loss, tf.float32), _correct(labels, logits)

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


def _at_least_single(logits):
    return tf.cast(logits, tf.float32) if logits.dtype.size < 4 else logits


def _correct(labels, logits):
    found = tf.gather(labels, tf.argmax(logits, -1), batch_dims=1)
    hits = (found > 0) & (found == tf.reduce_max(labels, axis=-1))
    return tf.reduce_sum(tf.cast(hits, tf.float32))


def _summed(values, replicas):
    if replicas.num_replicas_in_sync == 1:
        return values
    return replicas.all_reduce(tf.distribute.ReduceOp.SUM, values)
