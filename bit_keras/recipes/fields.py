"""Fields of a recipe that carry their bounds and their group, and the check of them."""

import dataclasses
import math
import numbers

from bit_keras.errors import InputError, suggestion
from bit_keras.recipes.names import CHOICES

# What a value of each type is called.
EXPECTED = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a text",
    tuple[int, ...]: "whole numbers with commas, such as 200,300,400",
    tuple[float, ...]: "numbers with commas, such as 1,0.5,2",
}


def number(default=dataclasses.MISSING, *, group, shown=False, **bounds):
    """Gives a field of a number, which is always finite.

    Args:
        default: left out where a recipe must name it.
        group: heading under which it is printed.
        shown: print it even where it is the default.
        **bounds: least, most (both included), above, below (both not).
    """
    return _field(default, group=group, shown=shown, bounds=bounds)


def whole_numbers(*, group):
    """Gives a field of whole numbers, by default none."""
    return _field((), group=group)


def real_numbers(*, group):
    """Gives a field of numbers, by default none."""
    return _field((), group=group)


def choice(default, *, group, shown=False):
    """Gives a field of one of the names that `CHOICES` has under the field's own."""
    return _field(default, group=group, shown=shown, choice=True)


def text(default, *, group, shown=False):
    """Gives a field of any text."""
    return _field(default, group=group, shown=shown)


def flag(default, *, group, shown=False):
    """Gives a field of true or false."""
    return _field(default, group=group, shown=shown)


def check(recipe):
    """Checks every field by itself.

    Raises:
        InputError: if one has a value of another type, out of its bounds, or none of
            its names.
    """
    for field in dataclasses.fields(recipe):
        value = getattr(recipe, field.name)
        if not _is_a(value, field.type):
            raise InputError(
                f"Recipe field '{field.name}' takes {EXPECTED[field.type]}. Received: "
                f"'{value}'"
            )
        if field.type in (int, float):
            bounds = field.metadata["bounds"]
            told = _rule(field.type, **bounds)
            require(recipe, _within(value, **bounds), field.name, told)
        elif field.metadata["choice"]:
            require_choice(field.name, value)


def require_choice(name, value):
    """Raises `InputError` where a value is none of the names of a field."""
    names = CHOICES[name]
    if value not in names:
        raise InputError(
            f"Recipe field {name}={value} must be one of {', '.join(names)}."
            f"{suggestion(value, names)}"
        )


def require(recipe, condition, name, rule):
    """Raises `InputError` with the field's name, its value and the rule it breaks."""
    if not condition:
        raise InputError(
            f"Recipe field {name}={as_text(getattr(recipe, name))} {rule}."
        )


def as_text(value):
    """Gives a field's value as it is written after `--set`."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ",".join(as_text(v) for v in value)
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _field(default, *, group, shown=False, choice=False, bounds=None):
    metadata = {
        "group": group,
        "shown": shown,
        "choice": choice,
        "bounds": bounds or {},
    }
    return dataclasses.field(default=default, metadata=metadata)


def _is_a(value, kind):
    if kind in (bool, str):
        return isinstance(value, kind)
    if kind in (int, float):
        wanted = numbers.Integral if kind is int else numbers.Real
        return isinstance(value, wanted) and not isinstance(value, bool)
    wanted = kind.__args__[0]
    return isinstance(value, tuple) and all(_is_a(v, wanted) for v in value)


def _within(value, least=-math.inf, most=math.inf, above=-math.inf, below=math.inf):
    inside = least <= value <= most and above < value < below
    return math.isfinite(value) and inside


def _rule(kind, least=None, most=None, above=None, below=None):
    told = {"at least": least, "above": above, "at most": most, "below": below}
    limits = [f"{words} {limit}" for words, limit in told.items() if limit is not None]
    if kind is float and (most, below) == (None, None):
        limits.insert(0, "finite")
    return f"must be {', '.join(limits)}"
