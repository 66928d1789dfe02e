"""Masked patches: what an image shows where the network cannot see it."""

import math

import tensorflow as tf

from bit_keras.errors import InputError
from bit_keras.models.masked_patches import masked_patch_network, patch_side

LEVELS = 8  # of a channel: 3 bits
MOST_CHANNELS = 4
# Name of the target -> parts of a side of a patch whose colours are guessed; 0 for the
# pixels themselves.
PARTS = {"mean-colour": 1, "downsized": 4, "pixels": 0}


class MaskedPatches:
    """Guesses the colours of corrupted patches; logs how many are right.

    Targets are the mean colour of a patch, those of 4 x 4 parts of it, each one of 512
    (3 bits per channel), or all its pixels, from -1 to 1, by squared error. Batches are
    (images, …). What the paper leaves open: a channel v of 0..1 is of level floor(8 v),
    with 1 in the last; the loss is a mean over parts and over the corrupted patches of
    an image.

    Args:
        recipe: its `target` is followed.

    Reference: https://arxiv.org/abs/2010.11929, appendix B.1.2.
    """

    separable = True
    views = 1
    loss = None

    def __init__(self, recipe):
        self.parts = PARTS[recipe.target]
        self.seed, self.remat = recipe.seed, recipe.remat
        self.logs = ("accuracy",) if self.parts else ()

    def network(self, network):
        """Gives the network that guesses patches of a ViT; shares its layers.

        Raises:
            InputError: if its patches cannot be masked, the images have too many
                channels, or it is to be computed twice in parts, which it has not.
        """
        self.patch, channels = patch_side(network), network.input_shape[-1]
        if self.parts and channels > MOST_CHANNELS:
            raise InputError(
                f"Colours are guessed of at most {MOST_CHANNELS} channels, and these "
                f"images have {channels}; take --target pixels."
            )
        if self.remat:
            raise InputError(
                "With masked patches the network has no parts to compute twice; take "
                "--micro-batch instead of --remat where memory lacks."
            )
        outputs = self.parts**2 * LEVELS**channels or self.patch**2 * channels
        return masked_patch_network(network, outputs, self.seed)

    def sums(self, forward, batch):
        images = batch[0]
        errors, right, corrupted = self.compare(images, forward(images))

        def summed(values):
            share = corrupted / tf.reduce_sum(corrupted, axis=1, keepdims=True)
            return tf.reduce_sum(values * share)

        sums = {"loss": summed(errors)}
        return {**sums, "accuracy": summed(right)} if self.parts else sums

    def compare(self, images, outputs):
        """Compares what is shown with what a network guesses.

        Args:
            images: (batch, height, width, channels) in 0..255.
            outputs: of `network`.

        Returns:
            (errors, right, corrupted), each float32 (batch, patches): loss of every
            patch, share of its parts whose colour is right, and 1 or 0.
        """
        guessed, corrupted = outputs[..., :-1], outputs[..., -1]
        shown = self.targets(images)
        if not self.parts:
            errors = tf.reduce_mean(tf.square(guessed - shown), axis=-1)
            return errors, tf.zeros_like(errors), corrupted
        logits = self._logits(guessed)
        errors = tf.nn.sparse_softmax_cross_entropy_with_logits(shown, logits)
        right = tf.cast(tf.argmax(logits, -1, tf.int32) == shown, tf.float32)
        return tf.reduce_mean(errors, -1), tf.reduce_mean(right, -1), corrupted

    def targets(self, images):
        """Gives what is to be guessed of every patch, in the order of reading.

        Returns:
            int32 (batch, patches, parts) of colours r + 8 g + 64 b, or float32
            (batch, patches, patch * patch * channels).
        """
        rows, columns = self._grid(images)
        # Of a border that is no whole patch the network sees nothing either.
        images = images[:, : rows * self.patch, : columns * self.patch]
        if not self.parts:
            return _by_patch(images / 127.5 - 1, rows, columns)
        size = (rows * self.parts, columns * self.parts)
        colours = tf.image.resize(images, size, method="area")
        levels = tf.cast(colours * (LEVELS / 255), tf.int32)
        levels = tf.clip_by_value(levels, 0, LEVELS - 1)
        labels = tf.reduce_sum(levels * _powers(images), axis=-1, keepdims=True)
        return _by_patch(labels, rows, columns)

    def pictures(self, images, outputs):
        """Shows what was out of sight, and what is guessed of it.

        Args:
            images, outputs: as of `compare`.

        Returns:
            (hidden, guessed): two of (batch, height, width, channels) in 0..255, of
            whole patches; what was not corrupted is as in the images.
        """
        rows, columns = self._grid(images)
        guessed, corrupted = outputs[..., :-1], outputs[..., -1:]
        if self.parts:
            labels = tf.argmax(self._logits(guessed), -1, tf.int32)[..., tf.newaxis]
            levels = tf.cast(labels // _powers(images) % LEVELS, tf.float32)
            values = (levels + 0.5) * (255 / LEVELS)
        else:
            values = (guessed + 1) * 127.5
        values = tf.reshape(values, [len(images), rows * columns, -1])
        size = (rows * self.patch, columns * self.patch)
        images = images[:, : size[0], : size[1]]
        values, hidden = (
            tf.image.resize(_whole(x, rows, columns, channels), size, method="nearest")
            for x, channels in ((values, images.shape[-1]), (corrupted, 1))
        )
        return tf.where(hidden > 0, 127.5, images), tf.where(hidden > 0, values, images)

    def _logits(self, guessed):
        """(batch, patches, outputs) -> (batch, patches, parts, colours)."""
        _, patches, outputs = guessed.shape
        parts = self.parts**2
        return tf.reshape(guessed, [-1, patches, parts, outputs // parts])

    def _grid(self, images):
        return images.shape[1] // self.patch, images.shape[2] // self.patch


def _powers(images):
    return tf.constant([LEVELS**channel for channel in range(images.shape[-1])])


def _by_patch(images, rows, columns):
    """(batch, height, width, channels) -> (batch, patches, pixels * channels)."""
    _, height, width, channels = images.shape
    down, across = height // rows, width // columns
    parts = tf.reshape(images, [-1, rows, down, columns, across, channels])
    parts = tf.transpose(parts, [0, 1, 3, 2, 4, 5])
    return tf.reshape(parts, [-1, rows * columns, down * across * channels])


def _whole(patches, rows, columns, channels):
    """The inverse of `_by_patch`, for square patches."""
    side = math.isqrt(patches.shape[-1] // channels)
    parts = tf.reshape(patches, [-1, rows, columns, side, side, channels])
    parts = tf.transpose(parts, [0, 1, 3, 2, 4, 5])
    return tf.reshape(parts, [-1, rows * side, columns * side, channels])
