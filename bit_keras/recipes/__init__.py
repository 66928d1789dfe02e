"""Recipes: frozen plain data, and the rules that make them from facts."""

from bit_keras.recipes.assignments import override, parse_assignments
from bit_keras.recipes.hyperrule import bit_hyperrule
from bit_keras.recipes.recipe import Recipe
from bit_keras.recipes.rules import RULES, Facts, Rule
from bit_keras.recipes.scaling import (
    with_batch_size,
    with_crop,
    with_epochs,
    with_steps,
)
from bit_keras.recipes.schedule_fields import SEEDS
from bit_keras.recipes.schedules import SCHEDULES
from bit_keras.recipes.time_limit import (
    SIZES,
    from_closed_form,
    with_equal_work,
    within_minutes,
)
from bit_keras.recipes.upstream import bit_upstream

__all__ = [
    "RULES",
    "SCHEDULES",
    "SEEDS",
    "SIZES",
    "Facts",
    "Recipe",
    "Rule",
    "bit_hyperrule",
    "bit_upstream",
    "from_closed_form",
    "override",
    "parse_assignments",
    "with_batch_size",
    "with_crop",
    "with_epochs",
    "with_equal_work",
    "with_steps",
    "within_minutes",
]
