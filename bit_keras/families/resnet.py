"""ResNet v1.5 with BatchNorm: its specs and variants."""

import dataclasses
import math

from bit_keras.errors import InputError
from bit_keras.families.bottlenecks import part
from bit_keras.families.family import Family
from bit_keras.families.residual_units import Convolution, Unit
from bit_keras.families.resnet_files import ALIASES, published
from bit_keras.preprocessing import Preprocessing

CHOICES = {
    "block": ("basic", "bottleneck"),
    "stem": ("imagenet", "deep", "cifar"),
    "pool": ("symmetric", "same"),
    "shortcut": ("needed", "every_stage", "padded"),
    "initializer": ("fan_out", "fan_in"),
    "norm": ("batch", "group"),
}
# Floats that each output of a convolution leaves for the gradients: itself, what
# BatchNorm makes of it, and a half for what is in between.
FLOATS_PER_OUTPUT = 2.5
SMALLEST_MIX = 32  # channels between the two convolutions that weigh streams


@dataclasses.dataclass(frozen=True)
class ResNetSpec:
    """Shape of a ResNet v1.5: norms after convolutions, the stride in the 3 x 3 ones.

    The defaults are those of timm's `resnet50` and of "ResNet strikes back". SimCLR's
    encoder has pool="same", shortcut="every_stage", initializer="fan_in" and
    normalization="unit"; with selective kernels it also has stem="deep" and
    average_shortcut=True.

    Args:
        depths: residual units in each stage.
        block: "bottleneck" (1 x 1, 3 x 3, 1 x 1, of four times the channels) or "basic"
            (two 3 x 3).
        width: multiplies every channel count.
        stem: "imagenet" is 7 x 7 of stride 2 and a pooling that halves again; "deep"
            has three 3 x 3 instead of the 7 x 7 (ResNet-D); "cifar" is one 3 x 3 of
            stride 1, without pooling.
        pool: "symmetric" pads a pooling alike on every side (torch); "same" on the far
            side first (TensorFlow).
        shortcut: projections "needed" where the shape changes, or in the first unit of
            "every_stage"; "padded" has none: it takes every second row and column and
            pads the channels with zeros (option A of He et al. 2015, section 4.2).
        average_shortcut: a mean over 2 x 2 comes before the projection, which has no
            stride then (ResNet-D).
        sk_ratio: above 0, the 3 x 3 convolutions of bottlenecks have two streams, which
            are weighed channel by channel; it says by how few numbers (SimCLR v2 has
            0.0625).
        initializer: of convolutions, He's "fan_out", or "fan_in", LeCun's.
        norm: "batch" or "group" (of 32 groups).
        standardized: kernels are standardised, as those of BiT.
        synchronized_batch_norm: statistics are of the images of all devices; on
            TensorFlow alone.
        stochastic_depth: chance that the last unit is left out for an image; that of
            the units before grows from 0 in equal steps.
        normalization: see `bit_keras.layers.PixelNormalization`.

    Raises:
        InputError: if a value is unknown or out of range.

    Reference: https://arxiv.org/abs/1512.03385; timm/models/resnet.py of
        github.com/huggingface/pytorch-image-models; https://arxiv.org/abs/1812.01187
        (ResNet-D); tf2/resnet.py of github.com/google-research/simclr.
    """

    depths: tuple[int, ...]
    block: str = "bottleneck"
    width: float = 1
    stem: str = "imagenet"
    pool: str = "symmetric"
    shortcut: str = "needed"
    average_shortcut: bool = False
    sk_ratio: float = 0.0
    initializer: str = "fan_out"
    norm: str = "batch"
    standardized: bool = False
    synchronized_batch_norm: bool = False
    stochastic_depth: float = 0.0
    normalization: str = "imagenet"

    def __post_init__(self):
        for field, known in CHOICES.items():
            _require(self, field, getattr(self, field) in known, " or ".join(known))
        whole = self.depths and min(self.depths) >= 1
        _require(self, "depths", whole, "whole numbers from 1")
        channels = 1 / 64 <= self.width < math.inf
        _require(self, "width", channels, "above 0, of at least 1 channel")
        positive = 0 <= self.sk_ratio < math.inf
        _require(self, "sk_ratio", positive, "a number from 0")
        chance = 0 <= self.stochastic_depth < 1
        _require(self, "stochastic_depth", chance, "from 0 to below 1")
        groups = self.norm == "batch" or self.root_channels % 32 == 0
        _require(self, "width", groups, "a multiple of 0.5 with norm='group'")
        whole = self.stem != "deep" or self.root_channels % 2 == 0
        _require(self, "width", whole, "of an even number of channels for stem='deep'")
        fits = self.shortcut != "padded" or self.block == "basic"
        _require(self, "shortcut", fits, "'padded' with block='basic' alone")

    @property
    def root_channels(self):
        return int(64 * self.width)

    @property
    def features(self):
        """Numbers that go to the head."""
        *_, last = self.units()
        return last.outputs

    @property
    def endpoints(self):
        """Names of the layers whose outputs are of use, first to last."""
        stages = [f"stage{stage + 1}" for stage in range(len(self.depths))]
        return ("root", *stages, "pre_logits", "logits")

    @property
    def preprocessing(self):
        """What is assumed of weights of which nothing is known: `Preprocessing`."""
        if self.stem == "cifar":
            return Preprocessing(crop=32)
        return Preprocessing(
            crop=224, share=0.875, interpolation="bicubic", antialias=True
        )

    @property
    def batch_statistics(self):
        """Whether what it computes in training depends on the batch as a whole."""
        return self.norm == "batch"

    def units(self):
        """Yields the `Unit`s, first to last."""
        inputs, index = self.root_channels, 0
        for stage, depth in enumerate(self.depths, start=1):
            mid = self.root_channels * 2 ** (stage - 1)
            outputs = mid * (4 if self.block == "bottleneck" else 1)
            for number in range(1, depth + 1):
                stride = 2 if stage > 1 and number == 1 else 1
                changes = stride > 1 or inputs != outputs
                projects = {
                    "needed": changes,
                    "every_stage": number == 1,
                    "padded": False,
                }
                yield Unit(
                    stage=stage,
                    number=number,
                    index=index,
                    inputs=inputs,
                    mid=mid,
                    outputs=outputs,
                    stride=stride,
                    projects=projects[self.shortcut],
                    last=number == depth,
                )
                inputs, index = outputs, index + 1

    def convolutions(self, image_size, channels=3):
        """Yields every `Convolution` for images of (height, width), first to last."""
        sides, root = image_size, self.root_channels
        if self.stem == "cifar":
            yield Convolution(3, channels, root, math.prod(sides))
        else:
            sides = [part(side, 2) for side in sides]
            positions = math.prod(sides)
            if self.stem == "deep":
                yield Convolution(3, channels, root // 2, positions)
                yield Convolution(3, root // 2, root // 2, positions)
                yield Convolution(3, root // 2, root, positions)
            else:
                yield Convolution(7, channels, root, positions)
            sides = [part(side, 2) for side in sides]
        for unit in self.units():
            before = math.prod(sides)
            sides = [part(side, unit.stride) for side in sides]
            yield from self._of_unit(unit, before, math.prod(sides))

    def _of_unit(self, unit, before, after):
        mid = unit.mid
        if unit.projects:
            yield Convolution(1, unit.inputs, unit.outputs, after)
        if self.block == "basic":
            yield Convolution(3, unit.inputs, mid, after)
            yield Convolution(3, mid, mid, after)
            return
        yield Convolution(1, unit.inputs, mid, before)
        if self.sk_ratio:
            mix = self.mixed(mid)
            yield Convolution(3, mid, 2 * mid, after)
            yield Convolution(1, mid, mix, 1)
            yield Convolution(1, mix, 2 * mid, 1, normalized=False)
        else:
            yield Convolution(3, mid, mid, after)
        yield Convolution(1, mid, unit.outputs, after)

    def mixed(self, mid):
        """Gives the numbers by which two streams of `mid` channels are weighed."""
        return max(int(mid * self.sk_ratio), SMALLEST_MIX)

    def parameters(self, num_classes=None, channels=3, image_size=None):
        """Counts the parameters; those of a head for `num_classes` included.

        What BatchNorm keeps of its batches is no parameter.

        Args:
            num_classes: None for no head.
            channels: of the images.
            image_size: changes nothing here; other families need it.
        """
        total = sum(
            c.side**2 * c.inputs * c.outputs + 2 * c.normalized * c.outputs
            for c in self.convolutions((1, 1), channels)
        )
        head = 0 if num_classes is None else (self.features + 1) * num_classes
        return total + head

    def multiply_adds(self, image_size, channels=3):
        """Counts the multiply-adds of one image of (height, width), without a head."""
        return sum(
            c.positions * c.side**2 * c.inputs * c.outputs
            for c in self.convolutions(image_size, channels)
        )

    def activations(self, image_size):
        """About how many floats one image of (height, width) keeps for the gradients.

        A rule of thumb for how many images a device takes at a time.
        """
        outputs = sum(c.positions * c.outputs for c in self.convolutions(image_size))
        return int(FLOATS_PER_OUTPUT * outputs)


def _require(spec, field, condition, told):
    if not condition:
        value = getattr(spec, field)
        raise InputError(f"ResNetSpec's {field} is {told}. Received: {value}")


R18, R34 = (2, 2, 2, 2), (3, 4, 6, 3)
R50, R101, R152, R200 = (3, 4, 6, 3), (3, 4, 23, 3), (3, 8, 36, 3), (3, 24, 36, 3)


def _resnet_d(depths):
    return ResNetSpec(depths, stem="deep", average_shortcut=True)


VARIANTS = {
    # Of CIFAR: 3 stages of 16, 32 and 64 channels (He et al. 2015, section 4.2).
    "r20": ResNetSpec((3, 3, 3), "basic", 0.25, stem="cifar", shortcut="padded"),
    "r18_cifar_half": ResNetSpec(R18, "basic", 0.5, stem="cifar"),
    "r18_cifar": ResNetSpec(R18, "basic", stem="cifar"),
    "r18": ResNetSpec(R18, "basic"),
    "r34": ResNetSpec(R34, "basic"),
    "r50": ResNetSpec(R50),
    "r101": ResNetSpec(R101),
    "r152": ResNetSpec(R152),
    "r200": ResNetSpec(R200),
    "r50d": _resnet_d(R50),
    "r101d": _resnet_d(R101),
    "r152d": _resnet_d(R152),
}

FAMILY = Family(
    name="resnet",
    variants=VARIANTS,
    networks={f"resnet{variant[1:]}": variant for variant in VARIANTS},
    published={file.name: file for file in published()},
    aliases=ALIASES,
    normalization="imagenet",
)
