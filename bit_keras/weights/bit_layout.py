"""The names that official BiT files give to the variables of a network.

The grammar is that of https://github.com/google-research/big_transfer: kernels are
stored (height, width, in, out) and not standardised, the head as a 1x1 convolution.
"""

import re

from bit_keras.weights.layout import Layout, Slot

HEAD_KERNEL = "resnet/head/conv2d/kernel"
HEAD_BIAS = "resnet/head/conv2d/bias"
HEAD_LAYER = "logits"

# Every BiT network has these.
_ENDS = {"resnet/root_block/standardized_conv2d/kernel", "resnet/group_norm/gamma"}
_NUMBERED = re.compile(r"(?<![^/])(standardized_conv2d)_\d+(?![^/])")
_UNIT_LAYER = re.compile(r"block(\d+)_unit(\d\d+)_([abc])_(norm|conv|proj)")
_UNIT_ARRAY = re.compile(r"resnet/block(\d+)/unit(\d+)/")
_PARTS = {
    "norm": "group_norm",
    "conv": "standardized_conv2d",
    "proj": "proj/standardized_conv2d",
}


def official_slots(model):
    """Maps each array of an official BiT file to the variable that it fills.

    Args:
        model: a BiT network; its layers are known by their names.

    Returns:
        Dictionary from official name to `Slot`, e.g. "resnet/head/conv2d/kernel" to
        the kernel of (2048, 37), stored as (1, 1, 2048, 37); empty for a network
        without BiT layers.
    """
    slots = {}
    for layer in model.layers:
        prefix = _official_prefix(layer.name)
        for kind in ("kernel", "gamma", "beta", "bias") if prefix else ():
            variable = getattr(layer, kind, None)
            if variable is None:
                continue
            shape = tuple(variable.shape)
            if layer.name == HEAD_LAYER and kind == "kernel":
                shape = (1, 1, *shape)
            slots[f"{prefix}/{kind}"] = Slot(variable, shape)
    return slots if slots.keys() >= _ENDS else {}


def _official_prefix(layer_name):
    whole = {
        "root_conv": "resnet/root_block/standardized_conv2d",
        "head_norm": "resnet/group_norm",
        HEAD_LAYER: "resnet/head/conv2d",
    }
    if layer_name in whole:
        return whole[layer_name]
    match = _UNIT_LAYER.fullmatch(layer_name)
    if not match:
        return None
    block, unit, branch, part = match.groups()
    return f"resnet/block{block}/unit{unit}/{branch}/{_PARTS[part]}"


def describe(shapes):
    """Says which network some stored arrays make, e.g. "units 3-4-6-3, root width 64".

    Args:
        shapes: dictionary from official name to shape.
    """
    units = {}
    for name in shapes:
        if match := _UNIT_ARRAY.match(name):
            units.setdefault(int(match[1]), set()).add(match[2])
    counts = "-".join(str(len(units[block])) for block in sorted(units))
    root = shapes.get("resnet/root_block/standardized_conv2d/kernel", ("unknown",))
    return f"units {counts or 'none'}, root width {root[-1]}"


def recognizes(names):
    """Says whether a file with arrays of these names is an official BiT file."""
    return any(name.startswith("resnet/") for name in names)


def plain_name(name):
    """Takes the number off `standardized_conv2d_7`, as some files call it."""
    return _NUMBERED.sub(r"\1", name)


LAYOUT = Layout(
    title="an official BiT file",
    recognizes=recognizes,
    slots=official_slots,
    head=(HEAD_KERNEL, HEAD_BIAS),
    describe=describe,
    plain_name=plain_name,
)
