"""ViT and its hybrids with ResNets: specs, variants and published files.

Sizes follow vit_jax/configs/models.py of github.com/google-research/vision_transformer
and models/vit.py of github.com/google-research/big_vision; names and addresses of the
files follow their READMEs.
"""

import dataclasses
import math
import re

from bit_keras.errors import InputError
from bit_keras.families.family import Family, PublishedFile
from bit_keras.preprocessing import Preprocessing

CLASSIFIERS = ("token", "gap", "map")
POSITIONS = ("learned", "learned_2d", "sincos2d", "none")


@dataclasses.dataclass(frozen=True)
class ResNetStem:
    """The ResNet that a hybrid takes its patches from: post-activation, GroupNorm.

    Args:
        depths: bottleneck units in each stage; () for the root alone.
        width: multiplies every channel count; a multiple of 0.5, so that the 32
            groups of GroupNormalization divide the `64 * width` channels of the root.
    """

    depths: tuple[int, ...] = ()
    width: float = 1

    @property
    def root_channels(self):
        return int(64 * self.width)

    @property
    def stride(self):
        """Pixels of the image along one side of a position of the features."""
        return 4 * 2 ** max(0, len(self.depths) - 1)

    def units(self):
        """Yields (stage, unit, in_channels, mid_channels, stride) of every unit."""
        channels = self.root_channels
        for stage, depth in enumerate(self.depths, start=1):
            mid = self.root_channels * 2 ** (stage - 1)
            for unit in range(1, depth + 1):
                yield stage, unit, channels, mid, 2 if stage > 1 and unit == 1 else 1
                channels = 4 * mid

    @property
    def channels(self):
        """Of the features."""
        stages = len(self.depths)
        return self.root_channels * (2 ** (stages + 1) if stages else 1)

    def parameters(self, channels=3):
        """Counts the parameters for images of so many channels."""
        total = 7 * 7 * channels * self.root_channels + 2 * self.root_channels
        for _, unit, inputs, mid, _ in self.units():
            total += inputs * mid + 9 * mid * mid + mid * 4 * mid  # three convolutions
            total += 2 * (mid + mid + 4 * mid)  # gamma and beta of three norms
            if unit == 1:
                total += inputs * 4 * mid + 2 * 4 * mid
        return total

    def multiply_adds(self, image_size, channels=3):
        """Counts the multiply-adds of one image of (height, width)."""
        sides = [_part(side, 2) for side in image_size]
        total = math.prod(sides) * 49 * channels * self.root_channels
        sides = [_part(side, 2) for side in sides]
        for _, unit, inputs, mid, stride in self.units():
            before = math.prod(sides)
            sides = [_part(side, stride) for side in sides]
            after = math.prod(sides)
            total += before * inputs * mid + after * (9 * mid * mid + mid * 4 * mid)
            if unit == 1:
                total += after * inputs * 4 * mid
        return total


@dataclasses.dataclass(frozen=True)
class ViTSpec:
    """Shape of a Vision Transformer.

    Args:
        hidden: numbers in a token.
        depth: encoder blocks.
        heads: of attention; must divide `hidden`.
        mlp: numbers between the two dense layers of a block.
        patch: side of a patch in pixels, or in positions of the features of `stem`.
        stem: `ResNetStem` of a hybrid, or None.
        classifier: what goes to the head: "token", the class token; "gap", the mean
            over the patches, without such a token; "map", attention of a learned probe.
        representation_size: width of a dense layer with tanh before the head, or None.
        positions: "learned" for each token; "learned_2d", a half of the numbers for
            the row and one for the column; "sincos2d", fixed; or "none".
        dropout: share that is dropped after dense layers, but not after query, key
            and value, and after the positions are added (paper, appendix B.1).
        attention_dropout: share of attention that is dropped.
        stochastic_depth: chance that the last block is left out for an image; that of
            the blocks before grows from 0 in equal steps.
    """

    hidden: int
    depth: int
    heads: int
    mlp: int
    patch: int
    stem: ResNetStem | None = None
    classifier: str = "token"
    representation_size: int | None = None
    positions: str = "learned"
    dropout: float = 0.0
    attention_dropout: float = 0.0
    stochastic_depth: float = 0.0

    def __post_init__(self):
        if self.hidden % self.heads:
            raise InputError(
                "ViTSpec's heads must divide hidden. Received: "
                f"hidden={self.hidden}, heads={self.heads}"
            )
        for field, known in (("classifier", CLASSIFIERS), ("positions", POSITIONS)):
            if getattr(self, field) not in known:
                raise InputError(
                    f"ViTSpec's {field} is one of {', '.join(known)}. Received: "
                    f"{getattr(self, field)}"
                )
        parts = {"learned_2d": 2, "sincos2d": 4}.get(self.positions, 1)
        if self.hidden % parts:
            raise InputError(
                f"With positions={self.positions}, hidden is a multiple of {parts}. "
                f"Received: {self.hidden}"
            )

    @property
    def stride(self):
        """Pixels of the image along one side of a patch."""
        return self.patch * (self.stem.stride if self.stem else 1)

    @property
    def class_token(self):
        """Whether a token stands for the class, before those of the patches."""
        return self.classifier == "token"

    @property
    def endpoints(self):
        """Names of the layers whose outputs are of use, first to last.

        Of `block0_attention` these are the weights of attention, see
        `bit_keras.models.endpoint`.
        """
        stages = range(1, len(self.stem.depths) + 1) if self.stem else ()
        return (
            *(("root",) if self.stem else ()),
            *(f"stage{stage}" for stage in stages),
            "embedded",
            *(
                name
                for block in range(self.depth)
                for name in (f"block{block}_attention", f"block{block}")
            ),
            "encoded",
            "pre_logits",
            "logits",
        )

    @property
    def batch_statistics(self):
        """Whether what it computes in training depends on the batch as a whole."""
        return False

    def grid(self, image_size):
        """Gives (rows, columns) of the patches of an image of (height, width) pixels.

        Raises:
            InputError: the image is smaller than a patch.
        """
        height, width = image_size
        if self.stem:
            # The root halves twice, and each stage from the second on once, upwards.
            height, width = (_part(side, self.stem.stride) for side in image_size)
        grid = height // self.patch, width // self.patch
        if not min(grid):
            raise InputError(
                f"Images of {image_size[0]} x {image_size[1]} pixels are smaller than "
                f"a patch of {self.stride} x {self.stride}."
            )
        return grid

    def parameters(self, num_classes=None, channels=3, image_size=(224, 224)):
        """Counts the parameters; those of a head for `num_classes` included.

        Args:
            num_classes: None for no head.
            channels: of the images.
            image_size: (height, width) in pixels, which decides on the positions.
        """
        d, rows, columns = self.hidden, *self.grid(image_size)
        inputs = self.stem.channels if self.stem else channels
        total = self.stem.parameters(channels) if self.stem else 0
        total += self.patch**2 * inputs * d + d
        tokens = rows * columns + self.class_token
        total += d * self.class_token
        total += {
            "learned": tokens * d,
            "learned_2d": (rows + columns) * d // 2 + d * self.class_token,
        }.get(self.positions, 0)
        mlp = 2 * d * self.mlp + self.mlp + d
        attention = 4 * d * d + 4 * d
        total += self.depth * (attention + mlp + 4 * d) + 2 * d
        if self.classifier == "map":
            total += d + attention + mlp + 2 * d
        features = d
        if self.representation_size:
            features = self.representation_size
            total += (d + 1) * features
        return total if num_classes is None else total + (features + 1) * num_classes

    def multiply_adds(self, image_size, channels=3):
        """Counts the multiply-adds of one image of (height, width), without a head."""
        d, patches = self.hidden, math.prod(self.grid(image_size))
        inputs, total = channels, 0
        if self.stem:
            inputs = self.stem.channels
            total = self.stem.multiply_adds(image_size, channels)
        tokens = patches + self.class_token
        total += patches * self.patch**2 * inputs * d
        total += self.depth * (
            tokens * (4 * d * d + 2 * d * self.mlp) + 2 * tokens**2 * d
        )
        if self.classifier == "map":
            total += tokens * 2 * d * d + 2 * d * d + 2 * tokens * d + 2 * d * self.mlp
        if self.representation_size:
            total += d * self.representation_size
        return total

    def activations(self, image_size):
        """About how many floats one image of (height, width) keeps for the gradients.

        A rule of thumb for how many images a device takes at a time: what goes into
        the products of every block, and the weights of attention twice.
        """
        tokens = math.prod(self.grid(image_size)) + self.class_token
        block = tokens * (10 * self.hidden + 3 * self.mlp) + 2 * self.heads * tokens**2
        pixels = image_size[0] * image_size[1]
        stem = int(256 * pixels * max(1, self.stem.width)) if self.stem else 0
        return self.depth * block + stem + 3 * pixels


def _part(side, stride):
    return -(-side // stride)


# Hidden, depth, heads, MLP. Ti and S are of the augreg paper, giant and gigantic (there
# g and G) of "Scaling vision transformers"; the rest is table 1 of the ViT paper.
SIZES = {
    "ti": (192, 12, 3, 768),
    "s": (384, 12, 6, 1536),
    "b": (768, 12, 12, 3072),
    "l": (1024, 24, 16, 4096),
    "h": (1280, 32, 16, 5120),
    "giant": (1408, 40, 16, 6144),
    "gigantic": (1664, 48, 16, 8192),
}


def _spec(size, patch, **changes):
    return ViTSpec(*SIZES[size], patch, **changes)


# The stems of the hybrids. The number after the patch is the whole stride, but for
# "r_ti16", whose public name says 16 where the stride is 32 (4 of the root x 8).
R26, R50 = (2, 2, 2, 2), (3, 4, 6, 3)
# Stage 4 left out, and its units in stage 3 (paper, section 4.1).
R50_STRIDE_16 = (3, 4, 9)

VARIANTS = {
    "tiny": ViTSpec(64, 4, 4, 256, 8),
    "ti16": _spec("ti", 16),
    "s32": _spec("s", 32),
    "s16": _spec("s", 16),
    "b32": _spec("b", 32),
    "b16": _spec("b", 16),
    "b8": _spec("b", 8),
    "l32": _spec("l", 32),
    "l16": _spec("l", 16),
    "h14": _spec("h", 14),
    "giant14": _spec("giant", 14, classifier="map"),
    "gigantic14": _spec("gigantic", 14, classifier="map"),
    # "Better plain ViT baselines for ImageNet-1k", https://arxiv.org/abs/2205.01580.
    "s16_plain": _spec(
        "s", 16, classifier="gap", positions="sincos2d", representation_size=384
    ),
    "r_tiny": ViTSpec(64, 2, 4, 256, 2, stem=ResNetStem((), 0.5)),
    "r_ti16": _spec("ti", 8, stem=ResNetStem()),
    "r26_s32": _spec("s", 1, stem=ResNetStem(R26)),
    "r26_b32": _spec("b", 1, stem=ResNetStem(R26)),
    "r50_b16": _spec("b", 1, stem=ResNetStem(R50_STRIDE_16)),
    "r50_b32": _spec("b", 1, stem=ResNetStem(R50)),
    "r50_l16": _spec("l", 1, stem=ResNetStem(R50_STRIDE_16)),
    "r50_l32": _spec("l", 1, stem=ResNetStem(R50)),
}

BASE_URL = "https://storage.googleapis.com/vit_models/"
WORDS_1K = {"num_classes": 1000, "words": "imagenet_1k"}
# Pre-trained with sigmoids, because its images have several labels.
WORDS_21K = {
    "num_classes": 21_843,
    "words": "imagenet_21k",
    "multi_label": True,
    "loss": "sigmoid",
}
# The registry name of what public names call a network.
PUBLIC = {
    "Ti_16": "vit_ti16",
    "S_32": "vit_s32",
    "S_16": "vit_s16",
    "B_32": "vit_b32",
    "B_16": "vit_b16",
    "B_8": "vit_b8",
    "L_32": "vit_l32",
    "L_16": "vit_l16",
    "H_14": "vit_h14",
    "R_Ti_16": "vit_r_ti16",
    "R26_S_32": "vit_r26_s32",
    "R26_B_32": "vit_r26_b32",
    "R50_B_16": "vit_r50_b16",
    "R50_L_32": "vit_r50_l32",
}
ORIGINAL_21K = (
    *("B_16", "B_32", "L_16", "L_32", "H_14"),
    *("R50_B_16", "R26_B_32", "R50_L_32"),
)
ORIGINAL_1K = ("B_16", "B_32", "L_16", "L_32", "R50_B_16")
# Those that https://arxiv.org/abs/2106.10270 recommends, the best on held-out images of
# ImageNet-21k: the rest of the name, images per second at 384 pixels, and top-1 of
# ImageNet in % where fine-tuned at that size (README of
# google-research/vision_transformer; for B/8 `VANITY_NAMES` in big_vision's
# models/vit.py alone).
RECOMMENDED = {
    "Ti_16": ("none-wd_0.03-do_0.0-sd_0.0", 610, 78.22),
    "S_32": ("none-wd_0.1-do_0.0-sd_0.0", 2154, 79.58),
    "S_16": ("light1-wd_0.03-do_0.0-sd_0.0", 300, 83.73),
    "B_32": ("light1-wd_0.1-do_0.0-sd_0.0", 955, 83.59),
    "B_16": ("medium1-wd_0.1-do_0.0-sd_0.0", 138, 85.49),
    "B_8": ("medium2-wd_0.1-do_0.0-sd_0.0", None, None),
    "L_16": ("strong1-wd_0.1-do_0.0-sd_0.0", 50, 85.59),
    "R_Ti_16": ("none-wd_0.03-do_0.0-sd_0.0", 2426, 75.40),
    "R26_S_32": ("light1-wd_0.1-do_0.0-sd_0.0", 560, 83.85),
    "R50_L_32": ("medium1-wd_0.1-do_0.1-sd_0.1", 327, 85.99),
}
# The classes of what augreg files are fine-tuned on; of others a file tells.
ADAPTED = {
    "imagenet2012": WORDS_1K,
    "cifar10": {"num_classes": 10},
    "cifar100": {"num_classes": 100},
    "oxford_iiit_pet": {"num_classes": 37},
    "oxford_flowers102": {"num_classes": 102},
    "resisc45": {"num_classes": 45},
    "kitti": {"num_classes": 4},
}
_AUGREG = re.compile(
    r"(augreg/)?(?P<model>\w+_\d+)-(?P<data>i1k|i21k)-\d+ep-lr_[\d.]+-aug_[a-z]+\d?"
    r"-wd_[\d.]+-do_[\d.]+-sd_[\d.]+"
    r"(--(?P<adapted>[\w-]+?)-steps_\d+k-lr_[\d.]+-res_(?P<crop>\d+))?"
)


def augreg(name):
    """Gives the `PublishedFile` that a name of the augreg grammar means, else None.

    There are over 50,000 of them: MODEL-DATA-EPOCHS-lr-aug-wd-do-sd, and of those that
    are fine-tuned --TASK-steps-lr-res (vit_jax/checkpoint.py).

    >>> augreg("Ti_16-i21k-300ep-lr_0.001-aug_none-wd_0.03-do_0.0-sd_0.0").network
    'vit_ti16'
    """
    match = _AUGREG.fullmatch(name)
    if not match or match["model"] not in PUBLIC:
        return None
    facts = WORDS_21K if match["data"] == "i21k" else WORDS_1K
    if match["adapted"]:
        facts = ADAPTED.get(match["adapted"])
        if facts is None:
            return None
    full = f"augreg/{name.removeprefix('augreg/')}"
    return _file(full, match["model"], crop=int(match["crop"] or 224), **facts)


def recommended_name(public):
    """Gives the full public name of what is recommended for "Ti_16", say."""
    ending, _, _ = RECOMMENDED[public]
    return f"augreg/{public}-i21k-300ep-lr_0.001-aug_{ending}"


def _file(name, public, **facts):
    url = BASE_URL + name.replace("+", "%2B") + ".npz"
    return PublishedFile(name, url, PUBLIC[public], **facts)


def _original(folder, public, suffix="", **facts):
    ending = public.split("_", 1)
    model = f"{ending[0]}+ViT-{ending[1]}" if public[0] == "R" else f"ViT-{public}"
    return _file(f"{folder}/{model}{suffix}", public, **facts)


def _published():
    """Yields every public file but for those that `augreg` tells."""
    for public in ORIGINAL_21K:
        # Their heads are zero: Google left them out.
        yield _original("imagenet21k", public, **WORDS_21K)
    for public in ORIGINAL_1K:
        yield _original("imagenet21k+imagenet2012", public, crop=384, **WORDS_1K)
    for public in ("B_16", "L_16"):
        yield _original("imagenet21k+imagenet2012", public, "-224", **WORDS_1K)
    for public in ("B_16", "B_32", "L_16", "L_32"):
        yield _original("sam", public, **WORDS_1K)
    for public in ("S_16", "S_32", "B_16", "B_32"):
        yield _original("gsam", public, **WORDS_1K)
    for public in RECOMMENDED:
        yield augreg(recommended_name(public))
    for epochs in (90, 150, 300):
        name = f"vit_s16_i1k_{epochs}ep"
        yield PublishedFile(
            f"big_vision/{name}",
            f"https://storage.googleapis.com/big_vision/{name}.npz",
            "vit_s16_plain",
            share=0.875,
            **WORDS_1K,
        )


FAMILY = Family(
    name="vit",
    variants=VARIANTS,
    networks={f"vit_{variant}": variant for variant in VARIANTS},
    published={file.name: file for file in _published()},
    preprocessing=Preprocessing(crop=224),
    rule="vit",
    grammar=augreg,
)
