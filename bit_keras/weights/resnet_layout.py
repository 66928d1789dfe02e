"""The names that PyTorch state dictionaries of ResNets give to the variables.

They are those of torchvision and timm: kernels are stored (out, in, height, width), the
head (classes, features), and of BatchNorm what it keeps, too.
"""

import re

import numpy as np

from bit_keras.weights.layout import Layout, Slot

HEAD_LAYER = "logits"
_ENDS = {"conv1.weight", "bn1.weight"}
_ARRAYS = {
    "kernel": "weight",
    "gamma": "weight",
    "bias": "bias",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
}
_UNIT_LAYER = re.compile(r"stage(\d+)_unit(\d\d+)_(.+)")
_UNIT_ARRAY = re.compile(r"layer(\d+)\.(\d+)\.")


def slots(model):
    """Maps each array of a state dictionary to the variable that it fills.

    Args:
        model: a ResNet; its layers are known by their names.

    Returns:
        Dictionary from name to `Slot`, e.g. "layer1.0.conv1.weight" to the kernel of
        (1, 1, 64, 64); empty for a network without such layers.
    """
    names = {layer.name for layer in model.layers}
    deep, means = "root_conv1" in names, any("_shortcut_mean" in n for n in names)
    found = {}
    for layer in model.layers:
        prefix = _prefix(layer.name, deep, means)
        for kind in _ARRAYS if prefix else ():
            variable = getattr(layer, kind, None)
            if variable is not None:
                found[f"{prefix}.{_ARRAYS[kind]}"] = _slot(variable)
    roots = {"conv1.0.weight", "bn1.weight"} if deep else _ENDS
    return found if found.keys() >= roots else {}


def _slot(variable):
    shape = tuple(variable.shape)
    if len(shape) == 4:
        order, back = (2, 3, 1, 0), (3, 2, 0, 1)
        return Slot(
            variable,
            tuple(shape[axis] for axis in back),
            convert=lambda array: array.transpose(order),
            restore=lambda array: array.transpose(back),
        )
    if len(shape) == 2:
        return Slot(variable, shape[::-1], convert=np.transpose, restore=np.transpose)
    return Slot(variable, shape)


def _prefix(layer, deep, means):
    """Gives what the names of a layer's arrays begin with, None where it has none.

    Args:
        layer: its name.
        deep: whether the stem has three convolutions, of which the norm of the last is
            outside.
        means: whether shortcuts take means before they project.
    """
    whole = {
        "root_conv": "conv1.6" if deep else "conv1",
        "root_norm": "bn1",
        "root_conv1": "conv1.0",
        "root_norm1": "conv1.1",
        "root_conv2": "conv1.3",
        "root_norm2": "conv1.4",
        HEAD_LAYER: "fc",
    }
    if layer in whole:
        return whole[layer]
    parts = {
        "shortcut_conv": f"downsample.{int(means)}",
        "shortcut_norm": f"downsample.{int(means) + 1}",
        **{f"conv{n}": f"conv{n}" for n in (1, 2, 3)},
        **{f"norm{n}": f"bn{n}" for n in (1, 2, 3)},
    }
    match = _UNIT_LAYER.fullmatch(layer)
    if not match or match[3] not in parts:
        return None
    return f"layer{match[1]}.{int(match[2]) - 1}.{parts[match[3]]}"


def describe(shapes):
    """Says which network some stored arrays make: "units 3-4-6-3, root width 64".

    Where the root has three convolutions, as that of ResNet-D, "deep stem" comes after.

    Args:
        shapes: dictionary from name to shape.
    """
    units = {}
    for name in shapes:
        if match := _UNIT_ARRAY.match(name):
            units.setdefault(int(match[1]), set()).add(match[2])
    counts = "-".join(str(len(units[stage])) for stage in sorted(units))
    root = shapes.get("bn1.weight", ("unknown",))
    stem = ", deep stem" if "conv1.0.weight" in shapes else ""
    return f"units {counts or 'none'}, root width {root[0]}{stem}"


def recognizes(names):
    """Says whether a file with arrays of these names is such a state dictionary."""
    plain = set(filter(None, map(plain_name, names)))
    return "bn1.weight" in plain and any(_UNIT_ARRAY.match(name) for name in plain)


def plain_name(name):
    """Gives the name in `slots`; None for the number of batches that were seen.

    Names of a parallel training begin with "module.", and in the networks for CIFAR of
    github.com/akamaster/pytorch_resnet_cifar10 the head is called "linear".
    """
    if name.endswith(".num_batches_tracked"):
        return None
    plain = name.removeprefix("module.")
    return (
        f"fc.{plain.removeprefix('linear.')}" if plain.startswith("linear.") else plain
    )


LAYOUT = Layout(
    title="a PyTorch state dictionary of a ResNet",
    recognizes=recognizes,
    slots=slots,
    head=("fc.weight", "fc.bias"),
    describe=describe,
    plain_name=plain_name,
)
