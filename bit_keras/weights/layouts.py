"""The layouts of weight files, and which one a file or a network has."""

import re

from bit_keras.errors import InputError
from bit_keras.weights import bit_layout, vit_layout
from bit_keras.weights.layout import Layout, Slot

LAYOUTS = {"bit": bit_layout.LAYOUT, "vit": vit_layout.LAYOUT}

# Files that cannot be read here are at least called by their name.
_STRANGERS = {
    r"\.(weight|running_mean)$": "a PyTorch state dictionary",
}


def layout_of_file(names):
    """Gives the `Layout` of a file with arrays of these names, None for none."""
    names = list(names)
    layouts = LAYOUTS.values()
    return next((layout for layout in layouts if layout.recognizes(names)), None)


def layout_of_network(model):
    """Gives the `Layout` in which a network is saved.

    Raises:
        InputError: there is none.
    """
    for layout in LAYOUTS.values():
        if layout.slots(model):
            return layout
    titles = " or ".join(layout.title for layout in LAYOUTS.values())
    raise InputError(
        f"The network '{getattr(model, 'name', model)}' does not have the layers of "
        f"{titles}; build one with bit_keras.models, or use model.save and Keras' own "
        "files."
    )


def title_of_file(names):
    """Says what a file with arrays of these names is: "an official BiT file", say."""
    names = list(names)
    if layout := layout_of_file(names):
        return layout.title
    for pattern, title in _STRANGERS.items():
        if any(re.search(pattern, name) for name in names):
            return title
    return "a file of unknown layout"


def plain_names(file, layout):
    """Gives a dictionary from the names of a layout to those in an open file.

    Raises:
        InputError: two arrays of the file have one name in the layout.
    """
    names = {}
    for stored in file.shapes:
        name = layout.plain_name(stored)
        if name in names:
            raise InputError(
                f"'{file.path}' holds '{name}' twice, under numbered names."
            )
        names[name] = stored
    return names


def num_classes_of(file):
    """Gives the classes of the head in an open `WeightFile`.

    None without a head, and for a layout that is not known.
    """
    layout = layout_of_file(file.shapes)
    if layout is None:
        return None
    names = plain_names(file, layout)
    return layout.num_classes({name: file.shapes[names[name]] for name in names})


__all__ = [
    "LAYOUTS",
    "Layout",
    "Slot",
    "layout_of_file",
    "layout_of_network",
    "num_classes_of",
    "plain_names",
    "title_of_file",
]
