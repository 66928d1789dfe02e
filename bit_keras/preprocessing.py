"""How an image becomes the square that a network gets, outside of training."""

import dataclasses
import math

from bit_keras.errors import InputError

INTERPOLATIONS = ("bilinear", "bicubic")
# Of the channels of ImageNet's images, in 0..255.
IMAGENET_MEAN = (123.675, 116.28, 103.53)
IMAGENET_DEVIATION = (58.395, 57.12, 57.375)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Preprocessing:
    """What is done to an image before a network sees it; plain data.

    Args:
        crop: side of the square that the network gets, in pixels.
        share: 0 resizes the whole image to the square, whatever its shape.
            Else the short side becomes `crop / share` pixels and the centre is cut out
            (timm: 224 pixels and 0.95 are 224 of 235).
        cut_first: the other way round, which rounds otherwise: the middle square of
            `share` of the short side is cut out, and resized to `crop` (SimCLR: 0.875).
            Without a share nothing is cut.
        interpolation: "bilinear" or "bicubic".
        antialias: every pixel is the mean of all that it replaces, as Pillow resizes.

    Raises:
        InputError: if a value is out of range.
    """

    crop: int
    share: float = 0.0
    cut_first: bool = False
    interpolation: str = "bilinear"
    antialias: bool = False

    def __post_init__(self):
        if self.crop < 1:
            raise InputError(f"The crop must be above 0 pixels. Received: {self.crop}")
        if not 0 <= self.share <= 1:
            raise InputError(
                "The share of an image that is kept must be from 0 (all of it, "
                f"resized to a square) to 1. Received: {self.share}"
            )
        if self.interpolation not in INTERPOLATIONS:
            raise InputError(
                f"The interpolation is {' or '.join(INTERPOLATIONS)}. Received: "
                f"'{self.interpolation}'"
            )

    @property
    def short_side(self):
        """What the short side is resized to, in pixels, before the centre is cut."""
        return math.floor(self.crop / self.share) if self.share else self.crop

    def describe(self):
        """Says it in words, to be put behind "images are".

        >>> Preprocessing(crop=224).describe()
        'resized to 224 x 224 pixels, bilinear, without antialiasing'
        """
        square = f"{self.crop} x {self.crop} pixels"
        if self.share and self.cut_first:
            done = (
                f"cut to the square in the middle, of {self.share:g} of the short "
                f"side, and resized to {square}"
            )
        elif self.share:
            done = (
                f"resized to {self.short_side} pixels on the short side and cut to the "
                f"{square} in the middle"
            )
        else:
            done = f"resized to {square}"
        antialias = "with" if self.antialias else "without"
        return f"{done}, {self.interpolation}, {antialias} antialiasing"
