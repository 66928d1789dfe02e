"""What every family of networks says of itself: names, published files, defaults."""

import collections.abc
import dataclasses

from bit_keras.errors import InputError, suggestion
from bit_keras.preprocessing import Preprocessing


@dataclasses.dataclass(frozen=True)
class PublishedFile:
    """One public file of weights, and all that is known of it.

    Attributes:
        name: full public name with its folder, without ".npz": "distill/R50x1_160".
        url: where it can be downloaded.
        network: name of the network it fits, such as "bit_r50x1".
        num_classes: classes of the head it brings.
        crop: side of the square it takes, in pixels.
        multi_label: whether its labels are any number of classes per image.
        loss: name in `bit_keras.losses.LOSSES`: how its logits become probabilities.
        words: list of the class names, "imagenet_1k" or "imagenet_21k"; None where
            nobody has published them in a form that is here.
        normalization: see `bit_keras.layers.PixelNormalization`.
        share, interpolation, antialias: see `bit_keras.preprocessing.Preprocessing`.
        sha256: hexadecimal checksum of the file, None where it is not known.
        size: length in bytes, None where it is not known.
    """

    name: str
    url: str
    network: str
    num_classes: int
    crop: int = 224
    multi_label: bool = False
    loss: str = "softmax"
    words: str | None = None
    normalization: str = "symmetric"
    share: float = 0.0
    interpolation: str = "bilinear"
    antialias: bool = False
    sha256: str | None = None
    size: int | None = None

    @property
    def preprocessing(self):
        """The `Preprocessing` of photographs for these weights."""
        return Preprocessing(
            crop=self.crop,
            share=self.share,
            interpolation=self.interpolation,
            antialias=self.antialias,
        )


@dataclasses.dataclass(frozen=True)
class Family:
    """The facts of a family of networks.

    A spec is a frozen dataclass that answers for itself, so that a user's own works
    alike: `parameters(num_classes=None, channels=3, image_size=None)`,
    `multiply_adds(image_size, channels=3)`, `activations(image_size)`, `endpoints` and
    `batch_statistics`; see `bit_keras.families.bit.BiTSpec`.

    Attributes:
        name: its key in `FAMILIES`, `models.registry.BUILDERS` and
            `weights.layouts.LAYOUTS`.
        variants: dictionary from short name ("r50x1") to spec.
        networks: dictionary from registry name ("bit_r50x1") to short name.
        published: dictionary from full public name to `PublishedFile`.
        grammar: function from a full public name to its `PublishedFile`, None for none,
            where there are too many for a dictionary; or None.
        aliases: dictionary from other spellings to full public names.
        normalization: of networks that are built without published weights, where
            their spec has none of its own.
        preprocessing: what is assumed of weights of which nothing is known, likewise.
        rule: name in `bit_keras.recipes.RULES` that fine-tunes it, unless told.
    """

    name: str
    variants: dict
    networks: dict
    published: dict = dataclasses.field(default_factory=dict)
    grammar: collections.abc.Callable | None = None
    aliases: dict = dataclasses.field(default_factory=dict)
    normalization: str = "symmetric"
    preprocessing: Preprocessing = Preprocessing(crop=224)
    rule: str = "bit_hyperrule"

    def spec(self, variant):
        """Gives the spec of a variant's short name, or the spec that it already is.

        Raises:
            InputError: there is no such variant; names the nearest.
        """
        if not isinstance(variant, str):
            return variant
        if variant not in self.variants:
            raise InputError(
                f"Unknown {self.name} variant '{variant}'."
                f"{suggestion(variant, self.variants)} "
                f"Known: {', '.join(self.variants)}"
            )
        return self.variants[variant]

    def network_of(self, spec):
        """Gives the registry name of a spec, None of a spec that somebody made."""
        names = self.networks.items()
        return next((n for n, short in names if self.variants[short] == spec), None)
