"""Another batch size, number of steps or image size for any recipe."""

import dataclasses

from bit_keras.recipes.epochs import steps_of_epoch


def with_batch_size(recipe, batch_size):
    """Changes the batch and scales the learning rates with it; the steps stay.

    Those of SGD go with the batch, those of Adam and LAMB, whose steps do not grow with
    the gradient, with its square root (https://arxiv.org/abs/2205.10287). RMSProp's go
    with the batch, as in EfficientNet's code and in timm. There are as many groups of
    `mix_group` as before, or one where they would not be pairs.
    """
    factor = batch_size / recipe.batch_size
    if recipe.optimizer in ("adamw", "lamb"):
        factor **= 0.5
    groups = recipe.batch_size // (recipe.mix_group or recipe.batch_size)
    paired = groups > 1 and batch_size % (2 * groups) == 0
    return dataclasses.replace(
        recipe,
        batch_size=batch_size,
        base_lr=recipe.base_lr * factor,
        warmup_start=recipe.warmup_start * factor,
        final_lr=recipe.final_lr * factor,
        mix_group=batch_size // groups if paired else 0,
    )


def with_epochs(recipe, epochs, num_examples):
    """Changes the steps to those of so many epochs, as `with_steps` does.

    Args:
        epochs: times that all images are gone through; may be a part of one.
        num_examples: training images.
    """
    # A rate that is one for every epoch asks for whole steps.
    of_epoch = steps_of_epoch(recipe, num_examples, whole=recipe.lr_every > 1)
    return with_steps(recipe, max(1, round(epochs * of_epoch)))


def with_steps(recipe, steps):
    """Changes the steps and scales warm-up and decay with them; the rates stay."""
    factor = steps / recipe.steps
    lr_every = max(1, round(recipe.lr_every * factor)) if recipe.lr_every > 1 else 1
    decay_at = sorted({max(1, round(step * factor)) for step in recipe.decay_at})
    return dataclasses.replace(
        recipe,
        steps=steps,
        warmup_steps=round(recipe.warmup_steps * factor),
        decay_at=tuple(decay_at),
        lr_every=lr_every,
    )


def with_crop(recipe, crop):
    """Changes the image size, and scales what training images are cut from with it."""
    resize = round(crop * recipe.resize / recipe.crop)
    return dataclasses.replace(recipe, crop=crop, resize=resize)
