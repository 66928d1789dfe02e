"""The layouts of weight files, and which one a file or a network has."""

import re

from bit_keras.errors import InputError
from bit_keras.weights import bit_layout, resnet_layout, vit_layout
from bit_keras.weights.layout import Layout, Slot, Source

LAYOUTS = {
    "bit": bit_layout.LAYOUT,
    "vit": vit_layout.LAYOUT,
    "resnet": resnet_layout.LAYOUT,
}

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


def sources_of(file, layout):
    """Gives a dictionary from the names of a layout to the `Source`s in an open file.

    Raises:
        InputError: two arrays of the file have one name in the layout.
    """
    sources = {}
    for stored, shape in file.shapes.items():
        plain = layout.plain_name(stored)
        for name, source in _sources(plain, stored, shape) if plain else ():
            if name in sources:
                raise InputError(
                    f"'{file.path}' holds '{name}' twice, under numbered names."
                )
            sources[name] = source
    return sources


def _sources(name, stored, shape):
    if "{}" not in name or not shape:
        return [(name, Source(stored, shape))]
    return [
        (name.replace("{}", str(place)), Source(stored, shape[1:], place))
        for place in range(shape[0])
    ]


def num_classes_of(file):
    """Gives the classes of the head in an open `WeightFile`.

    None without a head, and for a layout that is not known.
    """
    return _told(file, Layout.num_classes)


def crop_of(file, spec):
    """Gives the side in pixels of the images that an open `WeightFile` is for.

    None where it takes images of any size, and where it is for no network of the spec.

    Args:
        file: `WeightFile`.
        spec: of a network, see `bit_keras.families.Family`.
    """
    side = _told(file, lambda layout, shapes: layout.side(shapes))
    stride = getattr(spec, "stride", None)
    return side * stride if side and stride else None


def _told(file, question):
    layout = layout_of_file(file.shapes)
    if layout is None:
        return None
    sources = sources_of(file, layout)
    return question(layout, {name: source.shape for name, source in sources.items()})


__all__ = [
    "LAYOUTS",
    "Layout",
    "Slot",
    "crop_of",
    "layout_of_file",
    "layout_of_network",
    "num_classes_of",
    "sources_of",
    "title_of_file",
]
