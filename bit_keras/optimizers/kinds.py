"""The optimizers that a recipe can name."""

import dataclasses
from collections.abc import Callable

from bit_keras.optimizers.per_variable import SGD, AdamW


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
        weight_decay=recipe.weight_decay,
        multipliers=multipliers,
    )


def _adamw(schedule, recipe, multipliers):
    return AdamW(schedule, weight_decay=recipe.weight_decay, multipliers=multipliers)


# By their names in a recipe.
OPTIMIZERS = {
    "sgd": OptimizerKind(_sgd, slots=1),
    "adamw": OptimizerKind(_adamw, slots=2),
}
