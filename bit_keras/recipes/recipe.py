"""The recipe: everything that a training run is decided by, as frozen plain data."""

import dataclasses
import json
import math

from bit_keras.preprocessing import Preprocessing
from bit_keras.recipes.fields import (
    as_text,
    check,
    choice,
    flag,
    number,
    real_numbers,
    require,
    text,
    whole_numbers,
)
from bit_keras.recipes.schedules import learning_rates

SEEDS = 2**32


@dataclasses.dataclass(frozen=True, kw_only=True)
class Recipe:
    """The whole truth of a run; made by a rule and changed by `override` alone.

    Args:
        name: the rule that made it.
        seed: decides the order, the augmentation and the initial weights.
        resize: training images are resized to this square (pixels), of which "random"
            cropping cuts a part.
        crop: side of the square images that the network gets (pixels).
        share: of the whole image in the square that evaluation cuts from its centre; 0
            resizes the whole image to the square. See `Preprocessing`.
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
        batch_size: examples of one step.
        steps: updates of the run; 0 leaves the weights as they begin.
        minutes: of the whole run, from its start to its report: its training ends in
            time for that, if not before with the last step; 0 is without a limit.
        schedule: how the learning rate falls after the warm-up, a name of `SCHEDULES`.
        base_lr: learning rate after the warm-up.
        final_lr: learning rate that "cosine" and "linear" end with.
        decay_at: steps after which "step" divides the learning rate by 10.
        decay_from_start: "cosine" and "linear" begin with the run, and the warm-up
            covers their beginning; else they begin after the warm-up.
        warmup_steps: steps in which the learning rate rises to `base_lr`.
        warmup_start: learning rate that the warm-up begins with.
        lr_every: steps between changes of the learning rate: those of an epoch where it
            changes once per epoch.
        optimizer: a name of `optimizers.OPTIMIZERS`.
        momentum: of stochastic gradient descent.
        weight_decay: of the kernels. For "sgd" it is added to the gradient (L2, as in
            the papers of ResNets); for "adamw" it is decoupled.
        clip_norm: largest norm of the whole gradient; 0 is without clipping.
        ema_decay: of the moving average of the weights, which is then what is
            evaluated and saved; 0 is without.
        freeze: name of a layer or endpoint ("stage3"); it and all before it keep their
            weights.
        head_lr_multiplier: of the learning rate of the head.
        batch_norm: "trained", or "frozen": batch normalisation keeps the statistics of
            the weights it began with, and uses them in training, too.
        objective: what is learned, a name of `training.objectives.OBJECTIVES`.
        loss: a name of `losses.LOSSES`: "softmax" cross-entropy, or "sigmoid", the sum
            over the classes. It also says how logits become probabilities, and nothing
            of how many labels an image has.
        target: of masked patches: "mean-colour", "downsized" (4 x 4) or "pixels".
        head: what a new head begins with: "zero", or "closed_form", the ridge
            regression of `evaluation.closed_form` on the features of the weights.
        head_bias: initial bias of a new head of zeros.
        class_weights: weight of the loss of each class's images; () is 1 for all.
        dropout: share that a network of ViT drops after dense layers in training.
        stochastic_depth: chance that the last block of a network is left out for an
            image; that of the blocks before grows from 0 in equal steps.
        random_group: consecutive examples that share one draw of the network's random
            layers, such as dropout.
        micro_batch: examples of one pass through the network on each device; 0 is all
            of the device's. The update is that of the full batch, but for networks
            that take statistics of it (BatchNorm).
        remat: compute the insides of the network's units again in the backward pass
            instead of keeping them: less memory, more time.
        precision: "float32", "mixed_float16" or "mixed_bfloat16".
        evaluate_every: steps between evaluations on held-out images; 0 is never.
        best_metric: the figure of these evaluations by which the final weights are
            chosen; "" takes the last ones.
        patience: evaluations without a better `best_metric` after which the run ends;
            0 is never.

    Raises:
        InputError: if fields are out of range or do not fit together.
    """

    name: str = text("custom", group="run", shown=True)
    seed: int = number(0, least=0, below=SEEDS, group="run", shown=True)

    resize: int = number(least=1, group="images")
    crop: int = number(least=1, group="images")
    share: float = number(0.0, least=0, most=1, group="images")
    interpolation: str = choice("bilinear", group="images")
    antialias: bool = flag(False, group="images")

    cropping: str = choice("random", group="augmentation", shown=True)
    crop_area: float = number(0.05, above=0, most=1, group="augmentation")
    flip: bool = flag(True, group="augmentation", shown=True)
    views: int = number(1, least=1, group="augmentation")
    mixup_alpha: float = number(0.0, least=0, group="augmentation")
    mix_group: int = number(0, least=0, group="augmentation")
    balanced: bool = flag(False, group="augmentation")

    batch_size: int = number(512, least=1, group="schedule", shown=True)
    steps: int = number(least=0, group="schedule")
    minutes: float = number(0.0, least=0, group="schedule")
    schedule: str = choice("step", group="schedule", shown=True)
    base_lr: float = number(0.003, above=0, group="schedule", shown=True)
    final_lr: float = number(0.0, least=0, group="schedule")
    decay_at: tuple[int, ...] = whole_numbers(group="schedule")
    decay_from_start: bool = flag(False, group="schedule")
    warmup_steps: int = number(0, least=0, group="schedule")
    warmup_start: float = number(0.0, least=0, group="schedule")
    lr_every: int = number(1, least=1, group="schedule")

    optimizer: str = choice("sgd", group="optimizer", shown=True)
    momentum: float = number(0.9, least=0, below=1, group="optimizer", shown=True)
    weight_decay: float = number(0.0, least=0, group="optimizer")
    clip_norm: float = number(0.0, least=0, group="optimizer")
    ema_decay: float = number(0.0, least=0, below=1, group="optimizer")
    freeze: str = text("", group="optimizer")
    head_lr_multiplier: float = number(1.0, above=0, group="optimizer")
    batch_norm: str = choice("trained", group="optimizer")

    objective: str = choice("classification", group="objective")
    loss: str = choice("softmax", group="objective", shown=True)
    target: str = choice("mean-colour", group="objective")
    head: str = choice("zero", group="objective")
    head_bias: float = number(0.0, group="objective")
    class_weights: tuple[float, ...] = real_numbers(group="objective")

    dropout: float = number(0.0, least=0, below=1, group="network")
    stochastic_depth: float = number(0.0, least=0, below=1, group="network")

    random_group: int = number(1, least=1, group="memory")
    micro_batch: int = number(0, least=0, group="memory")
    remat: bool = flag(False, group="memory")
    precision: str = choice("float32", group="memory", shown=True)

    evaluate_every: int = number(0, least=0, group="evaluation")
    best_metric: str = text("", group="evaluation")
    patience: int = number(0, least=0, group="evaluation")

    def __post_init__(self):
        check(self)
        self._require_order()
        self._require_divisors()
        self._require_sense()

    def _require_order(self):
        told = f"must not exceed resize={self.resize}"
        require(self, self.crop <= self.resize, "crop", told)
        increasing = list(self.decay_at) == sorted(set(self.decay_at))
        require(self, increasing, "decay_at", "must be increasing steps")

    def _require_divisors(self):
        for name in ("micro_batch", "mix_group", "random_group"):
            part = getattr(self, name)
            divides = not part or self.batch_size % part == 0
            told = f"must divide batch_size={self.batch_size}"
            require(self, divides, name, told)
        divides = self.micro_batch % self.random_group == 0
        told = f"must divide micro_batch={self.micro_batch}"
        require(self, divides, "random_group", told)

    def _require_sense(self):
        weights = self.class_weights
        require(
            self,
            all(0 <= weight < math.inf for weight in weights)
            and (any(weights) or not weights),
            "class_weights",
            "must be finite, not negative, and not all 0",
        )
        told = "needs evaluations during the run: set evaluate_every"
        sense = bool(self.evaluate_every) or not self.best_metric
        require(self, sense, "best_metric", told)
        sense = bool(self.best_metric) or not self.patience
        require(self, sense, "patience", "needs a best_metric")
        told = "goes by the evaluations during the run: set evaluate_every"
        sense = bool(self.evaluate_every) or not self.minutes
        require(self, sense, "minutes", told)

    @property
    def network(self):
        """Arguments of `bit_keras.models.build` that follow from it."""
        return {
            "image_size": (self.crop, self.crop),
            "dtype": self.precision,
            "dropout": self.dropout,
            "stochastic_depth": self.stochastic_depth,
        }

    @property
    def preprocessing(self):
        """The `Preprocessing` of images that are evaluated."""
        return Preprocessing(
            crop=self.crop,
            share=self.share,
            interpolation=self.interpolation,
            antialias=self.antialias,
        )

    def learning_rate(self, step):
        """Gives the learning rate of a zero-based step, in double precision."""
        return float(learning_rates(self, step, "float64"))

    def rates(self):
        """Gives the learning rates of all steps, float32 (steps,), as trained with."""
        return learning_rates(self, range(self.steps))

    def to_json(self):
        """Gives the recipe as a JSON text."""
        return json.dumps(dataclasses.asdict(self), indent=2)

    @classmethod
    def from_json(cls, text):
        """Reads a recipe from the text that `to_json` gave."""
        fields = json.loads(text)
        if "random_crop" in fields:  # as recipes had it before `cropping`
            random, area = fields.pop("random_crop"), fields.get("crop_area")
            whole = "random" if random else "none"
            fields["cropping"] = "inception" if area else whole
            if not area:
                fields.pop("crop_area", None)
        for name, value in fields.items():
            if isinstance(value, list):
                fields[name] = tuple(value)
        return cls(**fields)

    def as_texts(self):
        """Gives every field as it is written after `--set`: name -> text."""
        return {name: as_text(v) for name, v in dataclasses.asdict(self).items()}
