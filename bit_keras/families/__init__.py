"""Families of networks as plain data: names, specs, published files; no Keras."""

from bit_keras import program
from bit_keras.errors import InputError, suggestion
from bit_keras.families import bit, resnet, vit
from bit_keras.families.family import Family, PublishedFile

FAMILIES = {"bit": bit.FAMILY, "vit": vit.FAMILY, "resnet": resnet.FAMILY}


def names():
    """Gives the registry names of all networks, such as "bit_r50x1"."""
    return [name for family in FAMILIES.values() for name in family.networks]


def network(name):
    """Gives (`Family`, spec) of a registry name.

    Raises:
        InputError: there is no such network; names the nearest.

    >>> family, spec = network("bit_r101x3")
    >>> family.name, spec.depths
    ('bit', (3, 4, 23, 3))
    """
    for family in FAMILIES.values():
        if name in family.networks:
            return family, family.spec(family.networks[name])
    raise InputError(
        f"Unknown network '{name}'.{suggestion(name, names())} "
        f"`{program.command()} models` lists them."
    )


__all__ = ["FAMILIES", "Family", "PublishedFile", "names", "network"]
