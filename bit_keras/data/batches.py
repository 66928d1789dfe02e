"""Batches of images and labels, as functions of (seed, k) and nothing else.

The k-th training example of a run has its place in the order, its crop and its flip
from (seed, k) alone, so that a run can be repeated, and any part of it made again.
"""

import dataclasses

import tensorflow as tf

from bit_keras.data import images
from bit_keras.data.augment import augment
from bit_keras.data.mixing import mix_groups
from bit_keras.data.pipelines import in_parallel
from bit_keras.errors import InputError

# An evaluation batch has no more pixels than this many images of 224 x 224.
EVALUATION_IMAGES = 64
# And those of several preprocessings together no more than so many such batches.
EVALUATION_BATCHES = 8


@dataclasses.dataclass(frozen=True)
class Share:
    """What one machine has of a job on many devices.

    Args:
        replicas: devices of the whole job; each has an equal part of every batch.
        first: number of this machine's first one.
        local: how many are on this machine.
    """

    replicas: int = 1
    first: int = 0
    local: int = 1


def training_batches(examples, recipe, num_classes, *, start=0, share=Share()):
    """Gives the batches of a training run, step by step.

    Args:
        examples: see `bit_keras.data.examples`.
        recipe: `Recipe`.
        num_classes: int; None of images without labels.
        start: zero-based step to begin at. What comes before is not made.
        share: `Share`; each element is then the batch of one replica, and every step
            has one for each of the machine's replicas, in their order.

    Returns:
        `tf.data.Dataset` of (images, labels): float32 (batch, crop, crop, channels) in
        0..255, and float32 (batch, num_classes), one-hot, mixed, or 0 and 1 for several
        labels per image; batch is `recipe.batch_size // share.replicas`. With
        `recipe.class_weights` it is of (images, labels, weights), float32 (batch,); of
        images without labels, of (images,). With `recipe.views` above 1 the images are
        (batch, views, crop, crop, channels).
        Where there are fewer examples than a batch holds, they repeat within it.

    Raises:
        InputError: if the recipe does not fit the examples or the share.
    """
    require_fitting(examples, recipe, num_classes, share)
    class_weights = tf.constant(recipe.class_weights, tf.float32)

    def prepare(k, image, *label):
        key = tf.stack([tf.cast(recipe.seed, tf.int64), k])
        weight = [tf.gather(class_weights, label[0])] if recipe.class_weights else []
        return augment(image, recipe, key), *_target(label, num_classes), *weight

    batch_size = recipe.batch_size // share.replicas
    dataset = examples.in_order(recipe, start, share, prepare)
    dataset = dataset.batch(batch_size, drop_remainder=True)
    if recipe.mixes:
        groups = batch_size // (recipe.mix_group or batch_size)

        def mixed(number, batch):
            step, replica = number // share.local, number % share.local
            part = step * share.replicas + share.first + replica
            return mix_groups(batch, recipe, part * groups)

        dataset = in_parallel(dataset.enumerate(start * share.local), mixed)
    batches = max(recipe.steps - start, 0) * share.local
    dataset = dataset.apply(tf.data.experimental.assert_cardinality(batches))
    return dataset.prefetch(share.local)


def _target(label, num_classes):
    """Gives none or one label as a list of none or one float32 (classes,)."""
    if not label:
        return []
    (label,) = label
    if label.shape.rank == 1:
        return [tf.ensure_shape(tf.cast(label, tf.float32), (num_classes,))]
    return [tf.one_hot(label, num_classes)]


def require_fitting(examples, recipe, num_classes, share):
    """Raises `InputError` if a recipe fits neither the examples nor the devices."""
    _require_equal_parts(recipe, share)
    _require_labels(examples, recipe, num_classes)


def _require_equal_parts(recipe, share):
    size, rest = divmod(recipe.batch_size, share.replicas)
    if rest:
        raise InputError(
            f"A batch of {recipe.batch_size} cannot be divided among {share.replicas} "
            f"devices: use --set batch_size={(size + 1) * share.replicas}."
        )
    group = recipe.mix_group or recipe.batch_size
    if recipe.mixes and size % group:
        raise InputError(
            f"MixUp and CutMix mix {group} examples among themselves, but each of the "
            f"{share.replicas} devices has {size} of a batch: use --set "
            f"mix_group={size}, or what divides it."
        )


def _require_labels(examples, recipe, num_classes):
    asked = {
        "balanced": recipe.balanced,
        "class_weights": recipe.class_weights,
        "mixup_alpha": recipe.mixup_alpha,
        "cutmix_alpha": recipe.cutmix_alpha,
    }
    if not examples.labelled and any(asked.values()):
        names = ", ".join(name for name, value in asked.items() if value)
        raise InputError(f"These images have no labels: leave out {names}.")
    if recipe.balanced and not examples.indexed:
        raise InputError(
            "This data set is too large to be indexed, so that it cannot be balanced: "
            "leave out balanced=true."
        )
    if (recipe.balanced or recipe.class_weights) and examples.multi_label:
        raise InputError(
            "balanced and class_weights are for images of one label each, and these "
            "have several: leave them out."
        )
    if len(recipe.class_weights) not in (0, num_classes):
        raise InputError(
            f"class_weights takes one number for each of the {num_classes} classes. "
            f"Received: {len(recipe.class_weights)}"
        )


def evaluation_batches(examples, preprocessing, num_classes, *, batch_size=512):
    """Gives every example once, in order.

    Args:
        examples: see `bit_keras.data.examples`.
        preprocessing: `bit_keras.preprocessing.Preprocessing`.
        num_classes: int; None of images without labels.
        batch_size: at most so many images, and no more pixels than `EVALUATION_IMAGES`
            have.

    Returns:
        `tf.data.Dataset` of (images, labels) as `training_batches` without weights; the
        last batch may be smaller.
    """

    def load(image, *label):
        image = images.preprocess(image, preprocessing)
        return image, *_target(label, num_classes)

    return _batches(examples, load, min(batch_size, _fitting(preprocessing.crop**2)))


def batches_of_several(examples, preprocessings, num_classes):
    """Gives every example once, in order, decoded once and preprocessed in all ways.

    Args:
        examples: see `bit_keras.data.examples`; with labels.
        preprocessings: list of `bit_keras.preprocessing.Preprocessing`.
        num_classes: int.

    Returns:
        `tf.data.Dataset` of (images, labels) as `evaluation_batches`, but with a tuple
        of images, one for each preprocessing.
    """

    def load(image, *label):
        ways = tuple(images.preprocess(image, each) for each in preprocessings)
        return ways, *_target(label, num_classes)

    areas = [each.crop**2 for each in preprocessings]
    size = min(_fitting(max(areas)), _fitting(sum(areas) / EVALUATION_BATCHES))
    return _batches(examples, load, size)


def _fitting(pixels):
    """Gives how many images of so many pixels an evaluation batch has room for."""
    return int(EVALUATION_IMAGES * 224 * 224 // pixels)


def _batches(examples, load, batch_size):
    batch_size = max(1, min(batch_size, examples.count))
    dataset = examples.one_pass(load)
    dataset = dataset.batch(batch_size).prefetch(1)
    batches = -(-examples.count // batch_size)
    return dataset.apply(tf.data.experimental.assert_cardinality(batches))
