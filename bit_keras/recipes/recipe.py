"""The recipe: everything that a training run is decided by, as frozen plain data."""

import dataclasses
import json
import math

from bit_keras.errors import InputError

PRECISIONS = ("float32", "mixed_float16", "mixed_bfloat16")
OPTIMIZERS = ("sgd", "adamw")
LOSSES = ("softmax", "sigmoid")
CHOICES = {"precision": PRECISIONS, "optimizer": OPTIMIZERS, "loss": LOSSES}
SEEDS = 2**32
NOT_NEGATIVE = (
    "micro_batch",
    "warmup_steps",
    "weight_decay",
    "clip_norm",
    "mixup_alpha",
    "mix_group",
    "evaluate_every",
    "patience",
    "seed",
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Recipe:
    """The whole truth of a run; made by a rule and changed by `override` alone.

    Args:
        name: the rule that made it.
        resize: training images are resized to this square (pixels).
        crop: side of the random square cut from it, and of evaluation images, which
            are resized straight to it (pixels).
        batch_size: examples of one step.
        micro_batch: examples of one pass through the network on each device; 0 is all
            of the device's. The update is that of the full batch.
        remat: compute the insides of the network's units again in the backward pass
            instead of keeping them: less memory, more time.
        optimizer: "sgd" or "adamw".
        base_lr: learning rate after the warm-up.
        steps: updates of the run.
        warmup_steps: steps in which the learning rate rises from 0.
        decay_at: steps after which the learning rate is divided by 10.
        momentum: of stochastic gradient descent.
        weight_decay: of the kernels. For "sgd" it is added to the gradient (L2, as in
            the papers of ResNets); for "adamw" it is decoupled.
        clip_norm: largest norm of the whole gradient; 0 is without clipping.
        ema_decay: of the moving average of the weights, which is then what is
            evaluated and saved; 0 is without.
        loss: "softmax" cross-entropy, or "sigmoid" for several labels per image: the
            sum over the classes.
        head_bias: initial bias of a new head.
        freeze: name of a layer or endpoint ("stage3"); it and all before it keep their
            weights.
        head_lr_multiplier: of the learning rate of the head.
        class_weights: weight of the loss of each class's images; () is 1 for all.
        balanced: every class is drawn equally often.
        mixup_alpha: of the Beta distribution MixUp draws from; 0 is without MixUp.
        mix_group: consecutive examples that are mixed among themselves, with one
            lambda; 0 is the whole batch.
        flip: mirror training images left to right at random.
        random_crop: cut training images at random; else they are resized to `crop`.
        crop_area: cut a part of any shape from 3:4 to 4:3 with at least this share of
            the image's area, and resize it to `crop` (the Inception crop); 0 is the
            crop of a fixed size.
        precision: "float32", "mixed_float16" or "mixed_bfloat16".
        evaluate_every: steps between evaluations on held-out images; 0 is never.
        best_metric: the figure of these evaluations by which the final weights are
            chosen; "" takes the last ones.
        patience: evaluations without a better `best_metric` after which the run ends;
            0 is never.
        seed: decides the order, the augmentation and the initial weights.

    Raises:
        InputError: if fields are out of range or do not fit together.
    """

    name: str = "custom"
    resize: int
    crop: int
    batch_size: int = 512
    micro_batch: int = 0
    remat: bool = False
    optimizer: str = "sgd"
    base_lr: float = 0.003
    steps: int
    warmup_steps: int = 0
    decay_at: tuple[int, ...] = ()
    momentum: float = 0.9
    weight_decay: float = 0.0
    clip_norm: float = 0.0
    ema_decay: float = 0.0
    loss: str = "softmax"
    head_bias: float = 0.0
    freeze: str = ""
    head_lr_multiplier: float = 1.0
    class_weights: tuple[float, ...] = ()
    balanced: bool = False
    mixup_alpha: float = 0.0
    mix_group: int = 0
    flip: bool = True
    random_crop: bool = True
    crop_area: float = 0.0
    precision: str = "float32"
    evaluate_every: int = 0
    best_metric: str = ""
    patience: int = 0
    seed: int = 0

    def __post_init__(self):
        for field in ("resize", "crop", "batch_size", "steps"):
            self._require(getattr(self, field) >= 1, field, "must be at least 1")
        for field in NOT_NEGATIVE:
            value = getattr(self, field)
            self._require(0 <= value < math.inf, field, "must be finite, not negative")
        for field in ("base_lr", "head_lr_multiplier"):
            value = getattr(self, field)
            self._require(0 < value < math.inf, field, "must be finite, above 0")
        for field in ("momentum", "ema_decay", "crop_area"):
            value = getattr(self, field)
            self._require(0 <= value < 1, field, "must be from 0 to below 1")
        self._require(self.seed < SEEDS, "seed", "must be below 2**32")
        self._require(math.isfinite(self.head_bias), "head_bias", "must be finite")
        self._require(
            self.crop <= self.resize, "crop", f"must not exceed resize={self.resize}"
        )
        self._require(
            list(self.decay_at) == sorted(set(self.decay_at)),
            "decay_at",
            "must be increasing steps",
        )
        for field, choices in CHOICES.items():
            self._require(
                getattr(self, field) in choices,
                field,
                f"must be one of {', '.join(choices)}",
            )
        self._require_divisors()
        self._require_sense()

    def _require_divisors(self):
        for field in ("micro_batch", "mix_group"):
            part = getattr(self, field)
            self._require(
                not part or self.batch_size % part == 0,
                field,
                f"must divide batch_size={self.batch_size}",
            )

    def _require_sense(self):
        weights = self.class_weights
        self._require(
            all(0 <= weight < math.inf for weight in weights)
            and (any(weights) or not weights),
            "class_weights",
            "must be finite, not negative, and not all 0",
        )
        single = self.loss == "softmax"
        for field in ("class_weights", "balanced"):
            self._require(
                single or not getattr(self, field),
                field,
                "is for images of one label each; leave it out with loss=sigmoid",
            )
        self._require(
            self.evaluate_every or not self.best_metric,
            "best_metric",
            "needs evaluations during the run: set evaluate_every",
        )
        self._require(
            bool(self.best_metric) or not self.patience,
            "patience",
            "needs a best_metric",
        )

    def _require(self, condition, field, rule):
        if not condition:
            raise InputError(
                f"Recipe field {field}={_as_text(getattr(self, field))} {rule}."
            )

    def learning_rate(self, step):
        """Gives the learning rate of a zero-based step, as the reference code does.

        The warm-up starts at exactly 0, and a decay holds from the step *after* its
        boundary on (bit_hyperrule.py of google-research/big_transfer).
        """
        if step < self.warmup_steps:
            return self.base_lr * step / self.warmup_steps
        return self.base_lr * 0.1 ** sum(boundary < step for boundary in self.decay_at)

    def to_json(self):
        """Gives the recipe as a JSON text."""
        return json.dumps(dataclasses.asdict(self), indent=2)

    @classmethod
    def from_json(cls, text):
        """Reads a recipe from the text that `to_json` gave."""
        fields = json.loads(text)
        for name, value in fields.items():
            if isinstance(value, list):
                fields[name] = tuple(value)
        return cls(**fields)

    def as_texts(self):
        """Gives every field as it is written after `--set`: name -> text."""
        return {name: _as_text(v) for name, v in dataclasses.asdict(self).items()}


def _as_text(value):
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ",".join(_as_text(v) for v in value)
    return f"{value:.6g}" if isinstance(value, float) else str(value)
