"""Bottleneck units of ResNets, as BiT and the stems of hybrids have them."""

import dataclasses
import math


@dataclasses.dataclass(frozen=True)
class Bottlenecks:
    """A root that halves twice, and stages of bottleneck units behind it.

    Args:
        depths: bottleneck units in each stage.
        width: multiplies every channel count; a multiple of 0.5, so that the 32
            groups of GroupNormalization divide the `64 * width` channels of the root.
    """

    depths: tuple[int, ...]
    width: float = 1

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

    def kernels(self, channels=3):
        """Counts the parameters of all convolutions, for images of so many channels."""
        total = 7 * 7 * channels * self.root_channels
        for _, unit, inputs, mid, _ in self.units():
            total += inputs * mid + 9 * mid * mid + mid * 4 * mid
            if unit == 1:
                total += inputs * 4 * mid
        return total

    def multiply_adds(self, image_size, channels=3):
        """Counts the multiply-adds of one image of (height, width)."""
        sides = [part(side, 2) for side in image_size]
        total = math.prod(sides) * 49 * channels * self.root_channels
        sides = [part(side, 2) for side in sides]
        for _, unit, inputs, mid, stride in self.units():
            before = math.prod(sides)
            sides = [part(side, stride) for side in sides]
            after = math.prod(sides)
            total += before * inputs * mid + after * (9 * mid * mid + mid * 4 * mid)
            if unit == 1:
                total += after * inputs * 4 * mid
        return total


@dataclasses.dataclass(frozen=True)
class ResNetStem(Bottlenecks):
    """The ResNet that a hybrid takes its patches from: post-activation, GroupNorm.

    Args:
        depths: see `Bottlenecks`; () for the root alone.
        width: see `Bottlenecks`.
    """

    depths: tuple[int, ...] = ()

    @property
    def stride(self):
        """Pixels of the image along one side of a position of the features."""
        return 4 * 2 ** max(0, len(self.depths) - 1)

    @property
    def channels(self):
        """Of the features."""
        stages = len(self.depths)
        return self.root_channels * (2 ** (stages + 1) if stages else 1)

    def parameters(self, channels=3):
        """Counts the parameters for images of so many channels."""
        total = self.kernels(channels) + 2 * self.root_channels
        for _, unit, _, mid, _ in self.units():
            total += 2 * (mid + mid + 4 * mid)  # gamma and beta of three norms
            total += 2 * 4 * mid * (unit == 1)  # and of the shortcut's
        return total


def part(side, stride):
    """Gives how many positions of a stride a side has, counted upwards."""
    return -(-side // stride)
