"""The names that official BiT files give to the variables of a network.

The grammar is that of https://github.com/google-research/big_transfer: kernels are
stored (height, width, in, out) and not standardised, the head as a 1x1 convolution.
"""

import re

from bit_keras.errors import InputError

HEAD_KERNEL = "resnet/head/conv2d/kernel"
HEAD_BIAS = "resnet/head/conv2d/bias"
HEAD_LAYER = "logits"

_UNIT_LAYER = re.compile(r"block(\d+)_unit(\d\d+)_([abc])_(norm|conv|proj)")
_UNIT_ARRAY = re.compile(r"resnet/block(\d+)/unit(\d+)/")
_PARTS = {
    "norm": "group_norm",
    "conv": "standardized_conv2d",
    "proj": "proj/standardized_conv2d",
}


def official_names(model):
    """Maps each array of an official BiT file to the variable that it fills.

    Args:
        model: a BiT network; its layers are known by their names.

    Returns:
        Dictionary from official name to (variable, shape of the stored array), e.g.
        "resnet/head/conv2d/kernel" to (kernel of (2048, 37), (1, 1, 2048, 37)).

    Raises:
        InputError: the model has no BiT layers.
    """
    names = {}
    for layer in model.layers:
        prefix = _official_prefix(layer.name)
        for kind in ("kernel", "gamma", "beta", "bias") if prefix else ():
            variable = getattr(layer, kind, None)
            if variable is None:
                continue
            shape = tuple(variable.shape)
            if layer.name == HEAD_LAYER and kind == "kernel":
                shape = (1, 1, *shape)
            names[f"{prefix}/{kind}"] = variable, shape
    needed = {"resnet/root_block/standardized_conv2d/kernel", "resnet/group_norm/gamma"}
    if not needed <= names.keys():
        raise InputError(
            f"Model '{getattr(model, 'name', model)}' is not a BiT network: it has no "
            "layers 'root_conv' and 'head_norm'; build one with bit_keras.models.bit."
        )
    return names


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


def foreign_family(names):
    """Says what a file without BiT names holds, None where it has BiT names."""
    if any(name.startswith("resnet/") for name in names):
        return None
    if any(re.search(r"(^|/)conv_root/", name) for name in names):
        return "a hybrid of ResNet and Vision Transformer, not an official BiT file"
    if any(re.search(r"(^|/)Transformer/", name) for name in names):
        return "a Vision Transformer, not an official BiT file"
    if any(name.endswith((".weight", ".running_mean")) for name in names):
        return "a PyTorch state dictionary, not an official BiT file"
    return "not an official BiT file (no array is called resnet/…)"
