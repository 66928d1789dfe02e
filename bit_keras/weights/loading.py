"""Fills networks from weight files, and writes weight files from networks."""

import os
import pathlib

import numpy as np

from bit_keras.errors import InputError, suggestion
from bit_keras.files import require_regular
from bit_keras.weights.catalogue import (
    SeveralFiles,
    catalogue,
    find,
    without_suffix,
)
from bit_keras.weights.download import published
from bit_keras.weights.files import listing, open_weights, write_arrays
from bit_keras.weights.layouts import (
    layout_of_file,
    layout_of_network,
    sources_of,
    title_of_file,
)
from bit_keras.weights.positions import INTERPOLATIONS


def load(model, source, *, head="keep", positions="bilinear"):
    """Fills a network from a weight file; a wrong file changes nothing.

    Args:
        model: a network of this package. Without a head the file's is left out.
        source: path of a file (.npz, .safetensors or PyTorch's), or a published name
            such as "BiT-M-R50x1", which is downloaded once. An existing path wins.
        head: "keep": the file's head is taken, its class count must fit.
            "new": the head becomes zero, whatever the file has. "fit": "keep" where
            the class count fits, else "new".
        positions: how those that a ViT has learned for another grid of patches are
            resized, "bilinear" as in Google's code or "bicubic" as in timm: see
            `bit_keras.weights.positions.resize_positions`.

    Returns:
        One sentence about what was done.

    Raises:
        InputError: the file cannot be had, is damaged, or does not fit; lists the
            missing, surplus and misshapen arrays.
    """
    with open_weights(locate(source)) as file:
        fitted = _Fitted(model, file, head, positions)
        file.verify(fitted.stored)
        return fitted.assign()


def fill(model, file, *, head="keep"):
    """Fills a network that was just built, in one pass over an open file.

    It is `load` for a `WeightFile`, and holds one array in memory at a time. Where a
    damaged array is met, the arrays before it have changed the network: throw it away.
    """
    return _Fitted(model, file, head).assign()


class _Fitted:
    """Arrays of a file that fit the variables of a network."""

    def __init__(self, model, file, head, positions="bilinear"):
        if head not in ("keep", "new", "fit"):
            raise InputError(f"head must be 'keep', 'new' or 'fit', received '{head}'.")
        if positions not in INTERPOLATIONS:
            raise InputError(
                f"positions must be 'bilinear' or 'bicubic', received '{positions}'."
            )
        self.file, self.positions = file, positions
        self.layout = layout_of_file(file.shapes)
        self.slots = self.layout.slots(model) if self.layout else {}
        if not self.slots:
            wanted = layout_of_network(model).title
            raise InputError(
                f"'{file.path}' is {title_of_file(file.shapes)}, not {wanted}; name "
                f"{wanted}."
            )
        self._require_homes(model)
        sources = sources_of(file, self.layout)
        self.shapes = {name: source.shape for name, source in sources.items()}
        self.wanted = {name: slot.shape for name, slot in self.slots.items()}
        self.left = [
            name
            for name in self.layout.optional
            if name in sources and name not in self.slots
        ]
        body = [n for n in sources if n not in (*self.layout.head, *self.left)]
        self._require(body, [n for n in self.wanted if n not in self.layout.head])
        kept, self.about_head = self._head(head)
        self.sources = {name: sources[name] for name in [*body, *kept]}
        self.num_body = len({sources[name].name for name in body})

    @property
    def stored(self):
        """Dictionary from the arrays in the file that are taken to names of slots."""
        stored = {}
        for name, source in self.sources.items():
            stored.setdefault(source.name, []).append(name)
        return stored

    def _require_homes(self, model):
        homeless = _homeless(model, self.slots)
        if homeless:
            raise InputError(
                f"'{self.file.path}' does not fit the network: {self.layout.title} "
                f"has nothing for the weights of layers {listing(homeless)}."
            )

    def assign(self):
        """Sets the variables, and those of a new head to zero; gives a sentence."""
        for stored, names in self.stored.items():
            array = self.file.read(stored)
            for name in names:
                part = self.sources[name].part(array)
                slot = self.slots[name]
                slot.variable.assign(slot.from_file(part, self.positions))
        for name in self.slots.keys() - self.sources.keys():
            variable = self.slots[name].variable
            variable.assign(np.zeros(tuple(variable.shape), "float32"))
        return (
            f"Loaded {self.num_body} arrays from {self.file.path.name}"
            f"{self.about_head}."
        )

    def _head(self, head):
        """Gives the names of the arrays for the network's head, and words about it."""
        names = [name for name in self.layout.head if name in self.wanted]
        without = f", without {listing(self.left)}" if self.left else ""
        if not names:
            return [], f"{without}; the network has no head"
        classes = self.layout.num_classes(self.wanted)
        # What is left out stands before the head, which would be of no use.
        fits = not self.left and all(
            name in self.shapes and self._fits(name) for name in names
        )
        if head == "new" or (head == "fit" and not fits):
            return [], f"{without}; new zero head for {classes} classes"
        path = self.file.path
        advice = (
            'pass head="new" for a zero head (in the commands, leave out --keep-head)'
        )
        held = self.layout.num_classes(self.shapes)
        if held is None:
            raise InputError(f"'{path}' has no head but the network has one; {advice}.")
        if held != classes:
            raise InputError(
                f"'{path}' has a head for {held} classes but the network has "
                f"{classes}; {advice}."
            )
        if self.left:
            raise InputError(
                f"The head of '{path}' stands behind {listing(self.left)}, which the "
                f"network does not have; {advice}."
            )
        self._require([name for name in names if name in self.shapes], names)
        return names, f" and its head for {classes} classes"

    def _fits(self, name):
        return self.slots[name].fits(self.shapes[name])

    def _require(self, names, wanted):
        problems = {
            "missing": [name for name in wanted if name not in names],
            "surplus": [name for name in names if name not in wanted],
            "misshapen": [
                f"{name} {self.shapes[name]} instead of {self.wanted[name]}"
                for name in wanted
                if name in names and not self._fits(name)
            ],
        }
        if any(problems.values()):
            lists = "; ".join(
                f"{len(found)} {problem}: {listing(found)}"
                for problem, found in problems.items()
                if found
            )
            raise InputError(
                f"'{self.file.path}' does not fit the network: the file has "
                f"{self.layout.describe(self.shapes)}, the network has "
                f"{self.layout.describe(self.wanted)}; {lists}."
            )


def save(model, path):
    """Writes a network as a file of its family's layout: names, shapes, float32.

    Args:
        model: a network of this package. Without a head the file has none.
        path: the .npz file; an existing one stays until the new one is whole.

    Raises:
        InputError: the network has no layout, it has weights that files of its layout
            have no place for, a ViT is for images that are no squares, or the file
            cannot be written.
    """
    layout = layout_of_network(model)
    slots = layout.slots(model)
    if homeless := _homeless(model, slots):
        title = layout.title[0].upper() + layout.title[1:]
        raise InputError(
            f"{title} has no place for the weights of layers {listing(homeless)}; save "
            "the whole model with model.save instead."
        )
    arrays = {
        name: slot.to_file(np.asarray(slot.variable.numpy()))
        for name, slot in slots.items()
    }
    write_arrays(path, arrays)


def _homeless(model, slots):
    """Gives the names of layers with weights that a layout has no place for."""
    known = {id(slot.variable) for slot in slots.values()}
    return [
        layer.name
        for layer in model.layers
        if any(id(variable) not in known for variable in getattr(layer, "weights", ()))
    ]


def locate(source):
    """Gives the path of a weight file: an existing one, or a published one, fetched.

    Raises:
        InputError: if there is none, or it cannot be downloaded.
    """
    path = pathlib.Path(source).expanduser()
    if path.exists():
        if not path.is_dir():
            require_regular(path)
        return path
    name = str(source)
    near = suggestion(without_suffix(path.name), catalogue())
    if isinstance(source, os.PathLike) or name != without_suffix(name):
        raise InputError(f"There is no weight file at '{name}'; check the path.{near}")
    try:
        known = find(name)
    except SeveralFiles:
        raise
    except InputError:
        raise InputError(
            f"There is no weight file at '{name}', and no published weights are called "
            f"so; check the name.{near}"
        ) from None
    return published(known.name)
