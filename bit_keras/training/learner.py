"""The learner: a network and a recipe as one `keras.Model` that `fit` trains."""

import keras
import tensorflow as tf

from bit_keras.errors import InputError
from bit_keras.optimizers import WarmupPiecewise


class Learner(keras.Model):
    """Trains a network as its recipe says; `fit(data)` on batches of `data.load`.

    Already compiled: stochastic gradient descent with momentum, the recipe's schedule,
    cross-entropy, and loss scaling under mixed_float16. With `recipe.micro_batch` a
    step goes through the network in parts and sums their gradients, so its update is
    that of the whole batch while only one part's activations are in memory.

    Args:
        network: a `keras.Model` from images (batch, height, width, channels) in 0..255
            to logits (batch, classes). It is trained in place.
        recipe: `bit_keras.recipes.Recipe`.

    Each step logs the mean `loss` over the batch (labels may be one-hot or mixed), the
    `accuracy` against their largest entry, and the `learning_rate` it used.
    """

    def __init__(self, network, recipe):
        super().__init__(name="learner")
        self.network = network
        self.recipe = recipe
        schedule = WarmupPiecewise(recipe.base_lr, recipe.warmup_steps, recipe.decay_at)
        optimizer = keras.optimizers.SGD(schedule, momentum=recipe.momentum)
        if recipe.precision == "mixed_float16":
            optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
        optimizer.build(network.trainable_variables)  # else the step is traced twice
        self.compile(
            optimizer=optimizer,
            loss=keras.losses.CategoricalCrossentropy(from_logits=True),
            jit_compile=False,
        )

    def call(self, inputs, training=False):
        return self.network(inputs, training=training)

    def train_step(self, data):
        images, labels = data
        gradients, loss, correct = self._batch_gradients(images, labels)
        learning_rate = tf.convert_to_tensor(self.optimizer.learning_rate)
        self.optimizer.apply(gradients, self.network.trainable_variables)
        examples = tf.cast(tf.shape(images)[0], tf.float32)
        return {
            "loss": loss,
            "accuracy": correct / examples,
            "learning_rate": learning_rate,
        }

    def _batch_gradients(self, images, labels):
        """Gives gradients and loss as means over the batch, and the correct ones."""
        examples = tf.shape(images)[0]
        micro = self.recipe.micro_batch
        if not micro or micro == images.shape[0]:
            return self._part_gradients(images, labels, examples)
        if (images.shape[0] or micro) % micro:
            raise InputError(
                f"micro_batch={micro} does not divide the batch of {images.shape[0]}."
            )
        parts = examples // micro
        images = tf.reshape(images, [parts, micro, *images.shape[1:]])
        labels = tf.reshape(labels, [parts, micro, *labels.shape[1:]])

        def add(part, *totals):
            added = self._part_gradients(images[part], labels[part], examples)
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

    def _part_gradients(self, images, labels, examples):
        variables = self.network.trainable_variables
        with tf.GradientTape() as tape:
            logits = tf.cast(self.network(images, training=True), tf.float32)
            losses = keras.losses.categorical_crossentropy(
                labels, logits, from_logits=True
            )
            loss = tf.reduce_sum(losses) / tf.cast(examples, tf.float32)
            scaled = self.optimizer.scale_loss(loss)
        hits = tf.equal(tf.argmax(logits, -1), tf.argmax(labels, -1))
        gradients = tape.gradient(scaled, [v.value for v in variables])
        return gradients, loss, tf.reduce_sum(tf.cast(hits, tf.float32))
