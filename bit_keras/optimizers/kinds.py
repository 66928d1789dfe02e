"""The optimizers that a recipe can name."""

import dataclasses
from collections.abc import Callable

from bit_keras.optimizers.lamb import Lamb
from bit_keras.optimizers.per_variable import SGD, AdamW
from bit_keras.optimizers.rmsprop_tf import RMSPropTF


@dataclasses.dataclass(frozen=True)
class OptimizerKind:
    """How an optimizer is made from a recipe, and what it keeps.

    Args:
        make: function (schedule, recipe, multipliers) to a `keras.optimizers.Optimizer`
            whose learning rates are those of the schedule, times the factors of
            `PerVariable`.
        slots: variables that it keeps of each weight.
    """

    make: Callable
    slots: int


def _sgd(schedule, recipe, multipliers):
    return SGD(
        schedule,
        momentum=recipe.momentum,
        nesterov=recipe.nesterov,
        **_per_variable(recipe, multipliers),
    )


def _adamw(schedule, recipe, multipliers):
    return AdamW(schedule, **_per_variable(recipe, multipliers))


def _lamb(schedule, recipe, multipliers):
    # Without a clip of its own: `clip_norm` of the recipe clips the whole gradient.
    arguments = _per_variable(recipe, multipliers)
    return Lamb(schedule, global_clipnorm=None, **arguments)


def _rmsprop_tf(schedule, recipe, multipliers):
    arguments = _per_variable(recipe, multipliers)
    return RMSPropTF(schedule, momentum=recipe.momentum, **arguments)


def _per_variable(recipe, multipliers):
    return {
        "weight_decay": recipe.weight_decay,
        "multipliers": multipliers,
        "adaptive_clip": recipe.adaptive_clip,
    }


# By their names in a recipe.
OPTIMIZERS = {
    "sgd": OptimizerKind(_sgd, slots=1),
    "adamw": OptimizerKind(_adamw, slots=2),
    "lamb": OptimizerKind(_lamb, slots=2),
    "rmsprop_tf": OptimizerKind(_rmsprop_tf, slots=2),
}
