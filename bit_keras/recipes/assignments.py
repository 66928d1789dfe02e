"""Fields of a recipe as texts that a user types: "steps=20"."""

import dataclasses
import typing

from bit_keras.errors import InputError, suggestion
from bit_keras.recipes.fields import EXPECTED, require_choice
from bit_keras.recipes.recipe import Recipe


def override(recipe, assignments):
    """Applies "field=value" texts; a tuple is written as "decay_at=200,300,400".

    Raises:
        InputError: if a field is unknown or its value cannot be read.
    """
    return dataclasses.replace(recipe, **parse_assignments(assignments))


def parse_assignments(assignments):
    """Gives the values of "field=value" texts as a dict of recipe fields."""
    fields = {field.name: field for field in dataclasses.fields(Recipe)}
    values = {}
    for assignment in assignments:
        name, separator, text = assignment.partition("=")
        name = name.strip().replace("-", "_")
        require_known(name)
        if not separator:
            raise InputError(f"--set takes FIELD=VALUE. Received: '{assignment}'")
        values[name] = _parse(name, fields[name].type, text.strip())
        if fields[name].metadata["choice"]:
            require_choice(name, values[name])
    return values


def require_known(name):
    """Raises `InputError` where a recipe has no field of this name."""
    known = [field.name for field in dataclasses.fields(Recipe)]
    if name not in known:
        raise InputError(
            f"Unknown recipe field '{name}'.{suggestion(name, known)} "
            f"Fields: {', '.join(known)}"
        )


def _parse(name, kind, text):
    try:
        if kind is bool:
            return {"true": True, "1": True, "false": False, "0": False}[text.lower()]
        if kind is int:
            return int(text)
        if kind is float:
            return float(text)
        if kind is str:
            return text
        (number, _) = typing.get_args(kind)
        return tuple(
            number(part) for part in text.strip("()").split(",") if part.strip()
        )
    except (KeyError, ValueError):
        raise InputError(
            f"Recipe field '{name}' takes {EXPECTED[kind]}. Received: '{text}'"
        ) from None
