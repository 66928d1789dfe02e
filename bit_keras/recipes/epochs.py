"""How long an epoch is, also where every image comes several times.

Reference: RepeatAugSampler in data/distributed_sampler.py of
    github.com/huggingface/pytorch-image-models (timm), its defaults.
"""

import dataclasses

from bit_keras.errors import InputError

# Of so many images an epoch leaves out what is no multiple.
ROUND = 256


def entries_per_group(num_examples, groups):
    """Gives how many examples an epoch has for each of the groups of a batch.

    Args:
        num_examples: training images.
        groups: that a batch is divided into by `Recipe.mix_group`. They are what GPUs
            are in timm.
    """
    if num_examples < ROUND:
        return -(-num_examples // groups)
    return max(1, num_examples // ROUND * ROUND // groups)


def steps_per_epoch(num_examples, batch_size, mix_group=0):
    """Gives the steps of an epoch with repeats, whatever their number.

    It shows about `num_examples` images, though only one of `repeats` is another one.

    Args:
        num_examples: training images.
        batch_size: examples of one step.
        mix_group: see `Recipe`.

    Returns:
        whole batches, or, where an epoch has not even one, its share of a step.
    """
    group = mix_group or batch_size
    entries = entries_per_group(num_examples, batch_size // group)
    return entries // group or entries / group


def steps_of_epoch(recipe, num_examples, *, whole):
    """Gives the steps of one epoch of a recipe, with `Recipe.repeats` or without.

    Args:
        num_examples: training images.
        whole: without the last batch where it is not full, as timm trains; with repeats
            it is left out anyway.
    """
    if recipe.repeats > 1:
        return steps_per_epoch(num_examples, recipe.batch_size, recipe.mix_group)
    steps = num_examples / recipe.batch_size
    return (whole and int(steps)) or steps


def in_epochs(recipe, num_examples, epochs, warmup_epochs):
    """Gives a recipe of so many epochs, whose rate changes once in each, as in timm.

    Args:
        recipe: `Recipe` of which everything else is decided.
        num_examples: training images.
        epochs: of the whole run.
        warmup_epochs: of them, those of the warm-up.
    """
    of_epoch = steps_of_epoch(recipe, num_examples, whole=True)
    return dataclasses.replace(
        recipe,
        steps=max(1, round(epochs * of_epoch)),
        warmup_steps=round(warmup_epochs * of_epoch),
        lr_every=max(1, int(of_epoch)),
        decay_from_start=True,
    )


def require_images(num_examples, batch_size):
    """Raises `InputError` where there is nothing to train on."""
    if num_examples < 1 or batch_size < 1:
        raise InputError(
            f"Training needs images and a batch size. Received: {num_examples} images, "
            f"batches of {batch_size}"
        )
