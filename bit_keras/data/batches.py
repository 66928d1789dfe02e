"""Batches of images and labels, as functions of (seed, k) and nothing else.

The k-th training example of a run has its place in the order, its crop and its flip
from (seed, k) alone, so that a run can be repeated, and any part of it made again.
"""

import tensorflow as tf

from bit_keras.data import images
from bit_keras.data.augment import mix_groups, random_crop_and_flip

# An evaluation batch has no more pixels than this many images of 224 x 224.
EVALUATION_IMAGES = 64


def training_batches(examples, recipe, num_classes):
    """Gives the `recipe.steps` batches of a training run.

    Args:
        examples: see `bit_keras.data.examples`.
        recipe: `Recipe`.
        num_classes: int.

    Returns:
        `tf.data.Dataset` of (images, labels): float32 (batch_size, crop, crop,
        channels) in 0..255, and float32 (batch_size, num_classes), one-hot or mixed.
        Where there are fewer examples than a batch holds, they repeat within it.
    """
    total = recipe.steps * recipe.batch_size
    numbers = tf.data.Dataset.range(total)

    def prepare(k, image, label):
        image = random_crop_and_flip(image, recipe, [recipe.seed, k])
        return image, tf.one_hot(label, num_classes)

    if hasattr(examples, "stream"):
        stream = tf.data.Dataset.zip((numbers, examples.stream(recipe.seed)))
        dataset = stream.map(
            lambda k, record: prepare(k, images.decode(record[0]), record[1]),
            num_parallel_calls=tf.data.AUTOTUNE,
        )
    else:
        labels = tf.constant(examples.labels)

        def load(k):
            position = example_of(k, examples.count, recipe.seed)
            return prepare(k, examples.image(position), tf.gather(labels, position))

        dataset = numbers.map(load, num_parallel_calls=tf.data.AUTOTUNE)
    dataset = dataset.batch(recipe.batch_size, drop_remainder=True)
    if recipe.mixup_alpha:
        dataset = dataset.enumerate().map(
            lambda step, batch: mix_groups(*batch, recipe, step),
            num_parallel_calls=tf.data.AUTOTUNE,
        )
    return dataset.prefetch(1)


def example_of(k, count, seed):
    """Gives the position of the k-th training example: a new order every epoch."""
    epoch, position = k // count, k % count
    return tf.random.experimental.index_shuffle(
        position, seed=tf.stack([tf.cast(seed, tf.int64), epoch]), max_index=count - 1
    )


def evaluation_batches(examples, recipe, num_classes):
    """Gives every example once, in order, resized straight to the crop's square.

    Returns:
        `tf.data.Dataset` of (images, labels) as `training_batches`; the last batch may
        be smaller.
    """
    size = (recipe.crop, recipe.crop)
    fitting = EVALUATION_IMAGES * 224 * 224 // recipe.crop**2
    batch_size = max(1, min(recipe.batch_size, fitting, examples.count))

    def prepare(image, label):
        return images.resize(image, size), tf.one_hot(label, num_classes)

    if hasattr(examples, "stream"):
        dataset = examples.stream().map(
            lambda contents, label: prepare(images.decode(contents), label),
            num_parallel_calls=tf.data.AUTOTUNE,
        )
    else:
        labels = tf.constant(examples.labels)
        dataset = tf.data.Dataset.range(examples.count).map(
            lambda i: prepare(examples.image(i), tf.gather(labels, i)),
            num_parallel_calls=tf.data.AUTOTUNE,
        )
    dataset = dataset.batch(batch_size).prefetch(1)
    batches = -(-examples.count // batch_size)
    return dataset.apply(tf.data.experimental.assert_cardinality(batches))
