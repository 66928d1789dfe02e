"""Fields of a recipe on images: of evaluation, and of training."""

import dataclasses

from bit_keras.preprocessing import Preprocessing
from bit_keras.recipes.fields import choice, flag, number, require, text
from bit_keras.recipes.rand_augment import parse_rand_augment


@dataclasses.dataclass(frozen=True, kw_only=True)
class ImageFields:
    """What the network gets to see.

    Args:
        resize: training images are resized to this square (pixels), of which "random"
            cropping cuts a part.
        crop: side of the square images that the network gets (pixels).
        test_scale: side of the squares of evaluation, in times `crop`; for networks
            that take images of any size.
        share: of the whole image in the square that evaluation cuts from its centre; 0
            resizes the whole image to the square. See `Preprocessing`.
        cut_first: whether evaluation cuts the centre before it resizes.
        interpolation: "bilinear" or "bicubic", of evaluation images.
        antialias: of evaluation images.
        cropping: of training images. "random" cuts a square of `crop` from the image
            of `resize`; "inception" cuts a part of any shape from 3:4 to 4:3 and
            resizes it, "torchvision" as well, with the parts that timm trains on;
            "none" resizes the image to `crop`.
        crop_area: least share of the image's area that "inception" and "torchvision"
            cut.
        train_interpolation: of training images: "bilinear", "bicubic" or "random", one
            of both for each resizing, and for each time that RandAugment moves, shears
            or turns an image.
        train_antialias: of the resizing of training images, as Pillow and with it timm
            resizes.
        flip: mirror training images left to right at random.
        rand_augment: RandAugment as timm's text says, such as "rand-m7-mstd0.5-inc1";
            "" is without. See `recipes.rand_augment`.
        colour_jitter: brightness, contrast and colours are multiplied by random factors
            of 1 - this to 1 + this; 0 is without.
        erasing: probability that noise takes the place of a random rectangle.
        views: differently augmented pictures made of each training image.
        mixup_alpha: of the Beta distribution MixUp draws from; 0 is without MixUp.
        cutmix_alpha: of that which CutMix draws from; 0 is without CutMix.
        cutmix_share: chance of CutMix where there is MixUp, too.
        mix_probability: chance that examples are mixed at all.
        mix_mode: what has a draw of its own: a group ("batch"), the two examples that
            are mixed with each other ("pair"), or every example ("elem").
        mix_group: consecutive examples that are mixed among themselves; 0 is the whole
            batch.
        balanced: every class is drawn equally often.
        repeats: differently augmented copies of each training image that come together;
            an epoch then has as many images as without, of which one of so many is
            another one.
    """

    resize: int = number(least=1, group="images")
    crop: int = number(least=1, group="images")
    test_scale: float = number(1.0, above=0, group="images")
    share: float = number(0.0, least=0, most=1, group="images")
    cut_first: bool = flag(False, group="images")
    interpolation: str = choice("bilinear", group="images")
    antialias: bool = flag(False, group="images")

    cropping: str = choice("random", group="augmentation", shown=True)
    crop_area: float = number(0.05, above=0, most=1, group="augmentation")
    train_interpolation: str = choice("bilinear", group="augmentation")
    train_antialias: bool = flag(False, group="augmentation")
    flip: bool = flag(True, group="augmentation", shown=True)
    rand_augment: str = text("", group="augmentation")
    colour_jitter: float = number(0.0, least=0, group="augmentation")
    erasing: float = number(0.0, least=0, most=1, group="augmentation")
    views: int = number(1, least=1, group="augmentation")
    mixup_alpha: float = number(0.0, least=0, group="augmentation")
    cutmix_alpha: float = number(0.0, least=0, group="augmentation")
    cutmix_share: float = number(0.5, least=0, most=1, group="augmentation")
    mix_probability: float = number(1.0, above=0, most=1, group="augmentation")
    mix_mode: str = choice("batch", group="augmentation")
    mix_group: int = number(0, least=0, group="augmentation")
    balanced: bool = flag(False, group="augmentation")
    repeats: int = number(1, least=1, group="augmentation")

    def require_images(self):
        """Raises `InputError` where these fields do not fit together."""
        told = f"must not exceed resize={self.resize}"
        require(self, self.crop <= self.resize, "crop", told)
        told = "makes pictures that neither MixUp nor CutMix takes: set views=1"
        require(self, self.views == 1 or not self.mixes, "views", told)
        told = "does not go with balanced=true, which has an order of its own"
        require(self, self.repeats == 1 or not self.balanced, "repeats", told)
        sense = bool(self.share) or not self.cut_first
        require(self, sense, "cut_first", "cuts a share of the image: set share")
        if self.rand_augment:
            parse_rand_augment(self.rand_augment)
        # timm leaves it out in silence.
        alone = not (self.rand_augment and self.colour_jitter)
        told = (
            "does not go with rand_augment, which changes colours itself: leave it out"
        )
        require(self, alone, "colour_jitter", told)

    @property
    def mixes(self):
        """Whether examples are mixed with each other."""
        return self.mixup_alpha > 0 or self.cutmix_alpha > 0

    @property
    def preprocessing(self):
        """The `Preprocessing` of images that are evaluated."""
        return Preprocessing(
            crop=max(1, round(self.test_scale * self.crop)),
            share=self.share,
            cut_first=self.cut_first,
            interpolation=self.interpolation,
            antialias=self.antialias,
        )
