"""The networks as plain data: names, shapes, parameters and operations; no Keras."""

import dataclasses

from bit_keras import program
from bit_keras.errors import InputError, suggestion


@dataclasses.dataclass(frozen=True)
class BiTSpec:
    """Shape of a BiT network: a GroupNorm ResNet-v2 with standardised kernels.

    Args:
        depths: bottleneck units in each stage.
        width: multiplies every channel count; a multiple of 0.5, so that the 32
            groups of GroupNormalization divide the `64 * width` channels of the root.
    """

    depths: tuple[int, ...]
    width: float = 1

    def __post_init__(self):
        if self.width <= 0 or self.width * 2 != int(self.width * 2):
            raise InputError(
                f"BiTSpec's width is a multiple of 0.5. Received: {self.width}"
            )
        if not self.depths or min(self.depths) < 1:
            raise InputError(
                f"BiTSpec's depths are whole numbers from 1. Received: {self.depths}"
            )

    @property
    def root_channels(self):
        return int(64 * self.width)

    def units(self):
        """Yields (stage, unit, in_channels, mid_channels, stride) of every unit."""
        channels = self.root_channels
        for stage, depth in enumerate(self.depths, start=1):
            mid = self.root_channels * 2 ** (stage - 1)
            for unit in range(1, depth + 1):
                stride = 2 if stage > 1 and unit == 1 else 1
                yield stage, unit, channels, mid, stride
                channels = 4 * mid


# Published: r50x1, r50x3, r101x1, r101x3, r152x2, r152x4. The others are baselines of
# the ViT paper and sizes between; `tiny` is for trying things out on small pictures.
BIT_VARIANTS = {
    "tiny": BiTSpec((1, 1, 1, 1), 0.5),
    "r26x1": BiTSpec((2, 2, 2, 2), 1),
    "r50x1": BiTSpec((3, 4, 6, 3), 1),
    "r50x2": BiTSpec((3, 4, 6, 3), 2),
    "r50x3": BiTSpec((3, 4, 6, 3), 3),
    "r101x1": BiTSpec((3, 4, 23, 3), 1),
    "r101x3": BiTSpec((3, 4, 23, 3), 3),
    "r152x1": BiTSpec((3, 8, 36, 3), 1),
    "r152x2": BiTSpec((3, 8, 36, 3), 2),
    "r152x4": BiTSpec((3, 8, 36, 3), 4),
    "r200x3": BiTSpec((3, 24, 36, 3), 3),
}

# Name of the registry -> (family, variant).
REGISTRY = {f"bit_{variant}": ("bit", variant) for variant in BIT_VARIANTS}


def bit_spec(variant):
    """Gives the `BiTSpec` of a variant's name (or the spec itself)."""
    if isinstance(variant, BiTSpec):
        return variant
    if variant not in BIT_VARIANTS:
        raise InputError(
            f"Unknown BiT variant '{variant}'.{suggestion(variant, BIT_VARIANTS)} "
            f"Known: {', '.join(BIT_VARIANTS)}"
        )
    return BIT_VARIANTS[variant]


def registry_entry(name):
    """Gives (family, variant) of a registry name such as "bit_r50x1"."""
    if name not in REGISTRY:
        raise InputError(
            f"Unknown network '{name}'.{suggestion(name, REGISTRY)} "
            f"`{program.command()} models` lists them."
        )
    return REGISTRY[name]


def bit_parameters(variant, *, num_classes=None, channels=3):
    """Counts the trainable parameters."""
    spec = bit_spec(variant)
    total = 7 * 7 * channels * spec.root_channels
    for _, unit, inputs, mid, _ in spec.units():
        total += inputs * mid + 9 * mid * mid + mid * 4 * mid  # three convolutions
        total += 2 * (inputs + mid + mid)  # gamma and beta of three norms
        if unit == 1:
            total += inputs * 4 * mid
    features = 4 * mid
    total += 2 * features
    return total if num_classes is None else total + (features + 1) * num_classes


def bit_multiply_adds(variant, image_size, *, channels=3):
    """Counts the multiply-adds of one image of (height, width), without a head."""
    spec = bit_spec(variant)
    height, width = (_halved(_halved(n)) for n in image_size)
    pixels = _halved(image_size[0]) * _halved(image_size[1])
    total = pixels * 49 * channels * spec.root_channels
    for _, unit, inputs, mid, stride in spec.units():
        before = height * width
        if stride == 2:
            height, width = _halved(height), _halved(width)
        after = height * width
        total += before * inputs * mid + after * (9 * mid * mid + mid * 4 * mid)
        if unit == 1:
            total += after * inputs * 4 * mid
    return total


def _halved(n):
    return (n + 1) // 2
