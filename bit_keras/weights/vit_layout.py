"""The names that public ViT files give to the variables of a network.

The grammar is that of https://github.com/google-research/vision_transformer before it
took new Flax numbers, in which the files were published. Files with the new numbers, of
https://github.com/google-research/big_vision say, are read, too.
"""

import math
import re

import numpy as np

from bit_keras.errors import InputError
from bit_keras.weights.layout import Layout, Slot
from bit_keras.weights.positions import resize_positions

HEAD = ("head/kernel", "head/bias")
POSITIONS = "Transformer/posembed_input/pos_embedding"

_WHOLE = {
    "root_conv": "conv_root",
    "root_norm": "gn_root",
    "embedding": "embedding",
    "encoded": "Transformer/encoder_norm",
    "pre_logits": "pre_logits",
    "logits": "head",
    "probe_norm": "MAPHead_0/LayerNorm_0",
}
_IN_BLOCK = {
    "norm1": "LayerNorm_0",
    "norm2": "LayerNorm_2",
    "mlp1": "MlpBlock_3/Dense_0",
    "mlp2": "MlpBlock_3/Dense_1",
    **{
        x: f"MultiHeadDotProductAttention_1/{x}"
        for x in ("query", "key", "value", "out")
    },
}
_IN_PROBE = {
    "mlp1": "MlpBlock_0/Dense_0",
    "mlp2": "MlpBlock_0/Dense_1",
    **{
        x: f"MultiHeadDotProductAttention_0/{x}"
        for x in ("query", "key", "value", "out")
    },
}
_IN_UNIT = {
    **{f"conv{n}": f"conv{n}" for n in (1, 2, 3)},
    **{f"norm{n}": f"gn{n}" for n in (1, 2, 3)},
    "proj": "conv_proj",
    "proj_norm": "gn_proj",
}
_PLACES = (
    (re.compile(r"block(\d+)_(\w+)"), "Transformer/encoderblock_{}", _IN_BLOCK),
    (re.compile(r"probe_(\w+)"), "MAPHead_0", _IN_PROBE),
    (re.compile(r"stem(\d+)_unit0*(\d+)_(\w+)"), "block{}/unit{}", _IN_UNIT),
)
# Kind of variable -> name in a file; of layers named in _WHOLE and _PLACES.
_KINDS = {"kernel": "kernel", "bias": "bias", "gamma": "scale", "beta": "bias"}
_PREFIX = re.compile(r"^(opt/target/|params/img/|params/)+")
_RENAMED = (
    # All blocks in one stack, where Flax was told to scan them.
    (re.compile(r"(Transformer/encoderblock)/"), r"\1_{}/"),
    # New numbers of Flax count each kind of layer by itself.
    (re.compile(r"(encoderblock_[^/]+/)LayerNorm_1/"), r"\1LayerNorm_2/"),
    (
        re.compile(r"(encoderblock_[^/]+/)MultiHeadDotProductAttention_0/"),
        r"\1MultiHeadDotProductAttention_1/",
    ),
    (re.compile(r"(encoderblock_[^/]+/)MlpBlock_0/"), r"\1MlpBlock_3/"),
    (re.compile(r"^(Transformer/)?pos_embedding$"), POSITIONS),
)


def vit_slots(model):
    """Maps each array of a public ViT file to the variable that it fills.

    Args:
        model: a ViT or a hybrid; its layers are known by their names.

    Returns:
        Dictionary from public name to `Slot`; empty for a network of another kind.
    """
    layers = {layer.name: layer for layer in model.layers}
    if not layers.keys() >= {"embedding", "encoded"}:
        return {}
    slots = _of_positions(layers)
    heads = next((y.heads for x, y in layers.items() if x.endswith("_attention")), 1)
    for name, layer in layers.items():
        prefix = _public_prefix(name)
        for kind, public in _KINDS.items() if prefix else ():
            variable = getattr(layer, kind, None)
            if variable is not None:
                shape = _public_shape(prefix, kind, tuple(variable.shape), heads)
                slots[f"{prefix}/{public}"] = Slot(
                    variable, shape, takes=_same_but_for_ones(shape)
                )
    return slots


def _public_prefix(name):
    if name in _WHOLE:
        return _WHOLE[name]
    for pattern, place, names in _PLACES:
        match = pattern.fullmatch(name)
        if match and match[match.lastindex] in names:
            return f"{place.format(*match.groups())}/{names[match[match.lastindex]]}"
    return None


def _public_shape(prefix, kind, shape, heads):
    part = prefix.rpartition("/")[2]
    if part in ("query", "key", "value"):
        return (*shape[:-1], heads, shape[-1] // heads)
    if part == "out" and kind == "kernel":
        return (heads, shape[0] // heads, shape[1])
    # The norms of the stem are stored as they are applied.
    if part.startswith("gn"):
        return (1, 1, 1, *shape)
    return shape


def _same_but_for_ones(shape):
    plain = [side for side in shape if side != 1]
    return lambda other: [side for side in other if side != 1] == plain


def _of_positions(layers):
    """Gives the slots of class token, probe and positions."""
    slots = {}
    for name, layer, kind in (
        ("cls", "class_token", "token"),
        ("MAPHead_0/probe", "probe", "probe"),
        ("Transformer/posembed_input/rows", "positions", "rows"),
        ("Transformer/posembed_input/columns", "positions", "columns"),
        (POSITIONS, "positions", "positions"),
    ):
        variable = getattr(layers.get(layer), kind, None)
        if variable is not None:
            slots[name] = Slot(variable, tuple(variable.shape))
    layer = layers.get("positions")
    if layer is not None and layer.kind == "learned":
        slots[POSITIONS] = _resized(layer.positions, layer.grid, layer.extra)
    return slots


def _resized(variable, grid, extra):
    shape = tuple(variable.shape)

    def before(count):
        """Gives how many of a file's positions stand before those of the patches."""
        # The patches alone have positions in the newer files of big_vision.
        square = (number for number in (extra, 0) if _side(count - number))
        return next(square, extra if count == shape[1] else None)

    def takes(other):
        ends = (1, shape[2])
        return len(other) == 3 and other[::2] == ends and before(other[1]) is not None

    def resize(array, interpolation):
        missing = extra - before(array.shape[1])
        array = np.pad(array, ((0, 0), (missing, 0), (0, 0)))
        side = _side(array.shape[1] - extra)
        found = (side, side) if side else grid
        return resize_positions(array, found, grid, interpolation)

    def restore(array):
        if grid[0] != grid[1]:
            raise InputError(
                "Files of ViT do not tell the grid of positions, which is taken for a "
                f"square; one of {grid[0]} x {grid[1]} can be saved with the whole "
                "model: use model.save."
            )
        return array

    return Slot(variable, shape, resize=resize, restore=restore, takes=takes)


def _side(count):
    """Gives the side of the square of so many positions, 0 where there is none."""
    side = math.isqrt(max(0, count))
    return side if side * side == count else 0


def side_of(shapes):
    """Gives how many patches stand along a side of the images that a file is for.

    None where it has no positions, or they make no square.
    """
    _, count, *_ = (*shapes.get(POSITIONS, ()), 0, 0)
    return _side(count - ("cls" in shapes)) or _side(count) or None


def describe(shapes):
    """Says which network some stored arrays make: "12 blocks of 768, patches of 16".

    Args:
        shapes: dictionary from public name to shape.
    """
    blocks = {m[1] for n in shapes if (m := re.search(r"encoderblock_(\d+)/", n))}
    patch = shapes.get("embedding/kernel", ("unknown",))
    stem = ", behind a ResNet" if "conv_root/kernel" in shapes else ""
    return f"{len(blocks)} blocks of {patch[-1]}, patches of {patch[0]}{stem}"


def recognizes(names):
    """Says whether a file with arrays of these names is a public ViT file."""
    return any(re.search(r"(^|/)Transformer/", name) for name in names)


def plain_name(name):
    """Gives the name before Flax took new numbers, without the prefix of a tree."""
    name = _PREFIX.sub("", name)
    for pattern, replacement in _RENAMED:
        name = pattern.sub(replacement, name)
    return name


LAYOUT = Layout(
    title="a public ViT file",
    recognizes=recognizes,
    slots=vit_slots,
    head=HEAD,
    describe=describe,
    plain_name=plain_name,
    optional=("pre_logits/kernel", "pre_logits/bias"),
    side=side_of,
)
