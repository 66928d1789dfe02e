"""Fills networks from official files, and writes official files from networks."""

import os
import pathlib

import numpy as np

from bit_keras.errors import InputError, suggestion
from bit_keras.weights.bit_layout import (
    HEAD_BIAS,
    HEAD_KERNEL,
    describe,
    foreign_family,
    official_names,
)
from bit_keras.weights.catalogue import catalogue, find
from bit_keras.weights.download import published
from bit_keras.weights.files import listing, read_arrays, write_arrays

HEAD = {HEAD_KERNEL, HEAD_BIAS}


def load(model, source, *, head="keep"):
    """Fills a BiT network from an official file; a wrong file changes nothing.

    Args:
        model: a BiT network. Without a "logits" layer the file's head is left out.
        source: path of an .npz file, or a published name such as "BiT-M-R50x1", which
            is downloaded once. An existing path wins.
        head: "keep": the file's head is taken, its class count must fit.
            "new": the head becomes zero, whatever the file has. "fit": "keep" where
            the class count fits, else "new".

    Returns:
        One sentence about what was done.

    Raises:
        InputError: the file cannot be had, is damaged, or does not fit; lists the
            missing, surplus and misshapen arrays.
    """
    if head not in ("keep", "new", "fit"):
        raise InputError(f"head must be 'keep', 'new' or 'fit', received '{head}'.")
    network = official_names(model)
    shapes = {name: shape for name, (_, shape) in network.items()}
    path = locate(source)
    arrays = read_arrays(path)
    if family := foreign_family(arrays):
        raise InputError(f"'{path}' is {family}; name an official BiT file.")
    body = {name: array for name, array in arrays.items() if name not in HEAD}
    _check(path, body, {name: shapes[name] for name in shapes if name not in HEAD})
    head_arrays, about_head = _head(path, arrays, shapes, head)
    for name, array in (body | head_arrays).items():
        variable = network[name][0]
        variable.assign(array.astype("float32").reshape(tuple(variable.shape)))
    return f"Loaded {len(body)} arrays from {path.name}{about_head}."


def save(model, path):
    """Writes a BiT network as an official file: its names, its layout, float32.

    Args:
        model: a BiT network. Without a "logits" layer the file has no head.
        path: the .npz file; an existing one stays until the new one is whole.

    Raises:
        InputError: this is no BiT network, it has weights that official files have no
            place for, or the file cannot be written.
    """
    network = official_names(model)
    known = {id(variable) for variable, _ in network.values()}
    homeless = [
        layer.name
        for layer in model.layers
        if any(id(variable) not in known for variable in getattr(layer, "weights", ()))
    ]
    if homeless:
        raise InputError(
            "An official BiT file has no place for the weights of layers "
            f"{listing(homeless)}; save the whole model with model.save instead."
        )
    arrays = {
        name: np.asarray(variable.numpy(), "float32").reshape(shape)
        for name, (variable, shape) in network.items()
    }
    write_arrays(path, arrays)


def locate(source):
    """Gives the path of a weight file: an existing one, or a published one, fetched.

    Raises:
        InputError: if there is none, or it cannot be downloaded.
    """
    path = pathlib.Path(source).expanduser()
    if path.exists():
        return path
    name = str(source)
    near = suggestion(path.name.removesuffix(".npz"), catalogue())
    if isinstance(source, os.PathLike) or name.lower().endswith(".npz"):
        raise InputError(f"There is no weight file at '{name}'; check the path.{near}")
    try:
        known = find(name)
    except InputError:
        raise InputError(
            f"There is no weight file at '{name}', and no published weights are called "
            f"so; check the name.{near}"
        ) from None
    return published(known.name)


def _head(path, arrays, shapes, head):
    """Gives the arrays for the network's head, and words about them."""
    if HEAD_KERNEL not in shapes:
        return {}, "; the network has no head"
    classes = shapes[HEAD_KERNEL][-1]
    fits = HEAD_KERNEL in arrays and arrays[HEAD_KERNEL].shape == shapes[HEAD_KERNEL]
    if head == "new" or (head == "fit" and not fits):
        zeros = {name: np.zeros(shapes[name]) for name in shapes if name in HEAD}
        return zeros, f"; new zero head for {classes} classes"
    kept = {name: array for name, array in arrays.items() if name in HEAD}
    advice = 'pass head="new" for a zero head (in the commands, leave out --keep-head)'
    if HEAD_KERNEL not in kept:
        raise InputError(f"'{path}' has no head but the network has one; {advice}.")
    held = kept[HEAD_KERNEL].shape
    if held and held[-1] != classes:
        raise InputError(
            f"'{path}' has a head for {held[-1]} classes but the network has "
            f"{classes}; {advice}."
        )
    _check(path, arrays, shapes)
    return kept, f" and its head for {classes} classes"


def _check(path, arrays, shapes):
    problems = {
        "missing": [name for name in shapes if name not in arrays],
        "surplus": [name for name in arrays if name not in shapes],
        "misshapen": [
            f"{name} {arrays[name].shape} instead of {shape}"
            for name, shape in shapes.items()
            if name in arrays and arrays[name].shape != shape
        ],
    }
    if any(problems.values()):
        lists = "; ".join(
            f"{len(names)} {problem}: {listing(names)}"
            for problem, names in problems.items()
            if names
        )
        held = describe({name: array.shape for name, array in arrays.items()})
        raise InputError(
            f"'{path}' does not fit the network: the file has {held}, the network "
            f"has {describe(shapes)}; {lists}."
        )
