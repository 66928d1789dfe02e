"""Learning rates of all steps of a run, in NumPy: what is tested is what trains."""

import numpy as np


def learning_rates(recipe, steps, dtype="float32"):
    """Gives the learning rates of steps: the warm-up, and after it the schedule.

    Args:
        recipe: `Recipe`.
        steps: zero-based whole numbers, any shape.
        dtype: "float32", as trained with, or "float64".

    Returns:
        array of `dtype` and the shape of `steps`.
    """
    steps = np.asarray(steps, "int64")
    steps = np.asarray(steps - steps % recipe.lr_every, dtype)
    rates = SCHEDULES[recipe.schedule](steps, recipe)
    if not recipe.warmup_steps:
        return rates
    number = np.dtype(dtype).type
    start, peak = number(recipe.warmup_start), number(recipe.base_lr)
    # The factor first: the bits are then those of TensorFlow's own graph of a warm-up.
    rising = start + steps * (
        (peak - start) * (number(1) / number(recipe.warmup_steps))
    )
    return np.where(steps < recipe.warmup_steps, rising, rates)


def constant(steps, recipe):
    """Gives `base_lr` throughout."""
    return np.full_like(steps, recipe.base_lr)


def step(steps, recipe):
    """Gives a tenth of the rate from the step after each of `decay_at` on.

    Reference: bit_hyperrule.py of github.com/google-research/big_transfer.
    """
    rates, tenth = constant(steps, recipe), steps.dtype.type(0.1)
    for boundary in recipe.decay_at:
        rates = np.where(steps > boundary, tenth * rates, rates)
    return rates


def linear(steps, recipe):
    """Gives a straight line from `base_lr` to `final_lr`.

    Reference: utils.py of github.com/google-research/vision_transformer.
    """
    return _between(1 - _progress(steps, recipe), recipe)


def cosine(steps, recipe):
    """Gives half a cosine from `base_lr` to `final_lr`.

    Reference: section 3 of https://arxiv.org/abs/1608.03983, without restarts. With
    `decay_from_start` and `lr_every` it is the `CosineLRScheduler` of timm.
    """
    return _between((1 + np.cos(np.pi * _progress(steps, recipe))) / 2, recipe)


def reciprocal_root(steps, recipe):
    """Gives a rate in inverse proportion to the root of the step; it ends nowhere.

    Reference: section 5.3 of https://arxiv.org/abs/1706.03762.
    """
    first = steps.dtype.type(max(1, recipe.warmup_steps))
    return constant(steps, recipe) * np.sqrt(first / np.maximum(steps, first))


# By their names in a recipe: (steps, recipe) -> rates of the same float type.
SCHEDULES = {
    "constant": constant,
    "step": step,
    "linear": linear,
    "cosine": cosine,
    "reciprocal_root": reciprocal_root,
}


def _progress(steps, recipe):
    """Gives how much of the decay is over, from 0 to 1."""
    first = 0 if recipe.decay_from_start else recipe.warmup_steps
    length = max(1, recipe.steps - first)
    return np.clip((steps - first) / length, 0, 1).astype(steps.dtype)


def _between(left, recipe):
    number = left.dtype.type
    final, whole = number(recipe.final_lr), number(recipe.base_lr - recipe.final_lr)
    return (final + whole * left).astype(left.dtype)
