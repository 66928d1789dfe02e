"""ViT and its hybrids with ResNets: specs and variants.

Sizes follow vit_jax/configs/models.py of github.com/google-research/vision_transformer
and models/vit.py of github.com/google-research/big_vision.
"""

import dataclasses
import math

from bit_keras.errors import InputError
from bit_keras.families.bottlenecks import ResNetStem, part
from bit_keras.families.family import Family
from bit_keras.families.vit_files import augreg, published
from bit_keras.preprocessing import Preprocessing

CLASSIFIERS = ("token", "gap", "map")
POSITIONS = ("learned", "learned_2d", "sincos2d", "none")


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
            height, width = (part(side, self.stem.stride) for side in image_size)
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
        features = self.representation_size or d
        if self.representation_size:
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
        block = tokens * (4 * d * d + 2 * d * self.mlp) + 2 * tokens**2 * d
        total += self.depth * block
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
    # Their logits have heat maps that add up, see bit_keras.analysis.heat_map.
    "tiny_gap": ViTSpec(64, 4, 4, 256, 8, classifier="gap"),
    "s16_gap": _spec("s", 16, classifier="gap"),
    "b16_gap": _spec("b", 16, classifier="gap"),
    "r_tiny": ViTSpec(64, 2, 4, 256, 2, stem=ResNetStem((), 0.5)),
    "r_ti16": _spec("ti", 8, stem=ResNetStem()),
    "r26_s32": _spec("s", 1, stem=ResNetStem(R26)),
    "r26_b32": _spec("b", 1, stem=ResNetStem(R26)),
    "r50_b16": _spec("b", 1, stem=ResNetStem(R50_STRIDE_16)),
    "r50_b32": _spec("b", 1, stem=ResNetStem(R50)),
    "r50_l16": _spec("l", 1, stem=ResNetStem(R50_STRIDE_16)),
    "r50_l32": _spec("l", 1, stem=ResNetStem(R50)),
}

FAMILY = Family(
    name="vit",
    variants=VARIANTS,
    networks={f"vit_{variant}": variant for variant in VARIANTS},
    published={file.name: file for file in published()},
    preprocessing=Preprocessing(crop=224),
    rule="vit",
    grammar=augreg,
)
