"""Fields of a recipe on images: of evaluation, and of training."""

import dataclasses

from bit_keras.preprocessing import Preprocessing
from bit_keras.recipes.fields import choice, flag, number, require


@dataclasses.dataclass(frozen=True, kw_only=True)
class ImageFields:
    """What the network gets to see.

    Args:
        resize: training images are resized to this square (pixels), of which "random"
            cropping cuts a part.
        crop: side of the square images that the network gets (pixels).
        share: of the whole image in the square that evaluation cuts from its centre; 0
            resizes the whole image to the square. See `Preprocessing`.
        cut_first: whether evaluation cuts the centre before it resizes.
        interpolation: "bilinear" or "bicubic", of evaluation images.
        antialias: of evaluation images.
        cropping: of training images. "random" cuts a square of `crop` from the image
            of `resize`; "inception" cuts a part of any shape from 3:4 to 4:3 and
            resizes it; "none" resizes the image to `crop`.
        crop_area: least share of the image's area that "inception" cuts.
        flip: mirror training images left to right at random.
        views: differently augmented pictures made of each training image.
        mixup_alpha: of the Beta distribution MixUp draws from; 0 is without MixUp.
        mix_group: consecutive examples that are mixed among themselves, with one
            lambda; 0 is the whole batch.
        balanced: every class is drawn equally often.
    """

    resize: int = number(least=1, group="images")
    crop: int = number(least=1, group="images")
    share: float = number(0.0, least=0, most=1, group="images")
    cut_first: bool = flag(False, group="images")
    interpolation: str = choice("bilinear", group="images")
    antialias: bool = flag(False, group="images")

    cropping: str = choice("random", group="augmentation", shown=True)
    crop_area: float = number(0.05, above=0, most=1, group="augmentation")
    flip: bool = flag(True, group="augmentation", shown=True)
    views: int = number(1, least=1, group="augmentation")
    mixup_alpha: float = number(0.0, least=0, group="augmentation")
    mix_group: int = number(0, least=0, group="augmentation")
    balanced: bool = flag(False, group="augmentation")

    def require_images(self):
        """Raises `InputError` where these fields do not fit together."""
        told = f"must not exceed resize={self.resize}"
        require(self, self.crop <= self.resize, "crop", told)
        sense = bool(self.share) or not self.cut_first
        require(self, sense, "cut_first", "cuts a share of the image: set share")

    @property
    def preprocessing(self):
        """The `Preprocessing` of images that are evaluated."""
        return Preprocessing(
            crop=self.crop,
            share=self.share,
            cut_first=self.cut_first,
            interpolation=self.interpolation,
            antialias=self.antialias,
        )
