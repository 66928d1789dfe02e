"""The recipe: everything that a training run is decided by, as frozen plain data."""

import dataclasses
import json
import math

from bit_keras.errors import InputError, suggestion

PRECISIONS = ("float32", "mixed_float16", "mixed_bfloat16")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Recipe:
    """The whole truth of a run; made by a rule and changed by `override` alone.

    Args:
        name: the rule that made it.
        resize: training images are resized to this square (pixels).
        crop: side of the random square cut from it, and of evaluation images, which
            are resized straight to it (pixels).
        batch_size: examples of one step.
        micro_batch: examples of one pass through the network; 0 is the whole batch.
            The update is that of the full batch.
        base_lr: learning rate after the warm-up.
        steps: updates of the run.
        warmup_steps: steps in which the learning rate rises from 0.
        decay_at: steps after which the learning rate is divided by 10.
        momentum: of stochastic gradient descent.
        mixup_alpha: of the Beta distribution MixUp draws from; 0 is without MixUp.
        mix_group: consecutive examples that are mixed among themselves, with one
            lambda; 0 is the whole batch.
        flip: mirror training images left to right at random.
        random_crop: cut training images at random; else they are resized to `crop`.
        precision: "float32", "mixed_float16" or "mixed_bfloat16".
        seed: decides the order, the augmentation and the initial weights.

    Raises:
        InputError: if fields are out of range or do not fit together.
    """

    name: str = "custom"
    resize: int
    crop: int
    batch_size: int = 512
    micro_batch: int = 0
    base_lr: float = 0.003
    steps: int
    warmup_steps: int = 0
    decay_at: tuple[int, ...] = ()
    momentum: float = 0.9
    mixup_alpha: float = 0.0
    mix_group: int = 0
    flip: bool = True
    random_crop: bool = True
    precision: str = "float32"
    seed: int = 0

    def __post_init__(self):
        for field in ("resize", "crop", "batch_size", "steps"):
            self._require(getattr(self, field) >= 1, field, "must be at least 1")
        for field in (
            "micro_batch",
            "warmup_steps",
            "mixup_alpha",
            "mix_group",
            "seed",
        ):
            self._require(getattr(self, field) >= 0, field, "must not be negative")
        for field in ("base_lr", "mixup_alpha"):
            self._require(math.isfinite(getattr(self, field)), field, "must be finite")
        self._require(self.base_lr > 0, "base_lr", "must be above 0")
        self._require(0 <= self.momentum < 1, "momentum", "must be from 0 to below 1")
        self._require(
            self.crop <= self.resize, "crop", f"must not exceed resize={self.resize}"
        )
        self._require(
            list(self.decay_at) == sorted(set(self.decay_at)),
            "decay_at",
            "must be increasing steps",
        )
        self._require(
            self.precision in PRECISIONS,
            "precision",
            f"must be one of {', '.join(PRECISIONS)}",
        )
        for field in ("micro_batch", "mix_group"):
            part = getattr(self, field)
            self._require(
                not part or self.batch_size % part == 0,
                field,
                f"must divide batch_size={self.batch_size}",
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
        return cls(**{**fields, "decay_at": tuple(fields["decay_at"])})

    def as_texts(self):
        """Gives every field as it is written after `--set`: name -> text."""
        return {name: _as_text(v) for name, v in dataclasses.asdict(self).items()}


def override(recipe, assignments):
    """Applies "field=value" texts; a tuple is written as "decay_at=200,300,400".

    Raises:
        InputError: if a field is unknown or its value cannot be read.
    """
    return dataclasses.replace(recipe, **parse_assignments(assignments))


def parse_assignments(assignments):
    """Gives the values of "field=value" texts as a dict of recipe fields."""
    fields = {field.name: field for field in dataclasses.fields(Recipe)}
    values = {}
    for assignment in assignments:
        name, separator, text = assignment.partition("=")
        name = name.strip().replace("-", "_")
        if name not in fields:
            raise InputError(
                f"Unknown recipe field '{name}'.{suggestion(name, fields)} "
                f"Fields: {', '.join(fields)}"
            )
        if not separator:
            raise InputError(f"--set takes FIELD=VALUE. Received: '{assignment}'")
        values[name] = _parse(name, fields[name].type, text.strip())
    return values


def _parse(name, kind, text):
    try:
        if kind is bool:
            return {"true": True, "1": True, "false": False, "0": False}[text.lower()]
        if kind is int:
            return int(text)
        if kind is float:
            return float(text)
        if kind is str:
            return text
        return tuple(int(part) for part in text.strip("()").split(",") if part.strip())
    except (KeyError, ValueError):
        expected = {bool: "true or false", int: "a whole number", float: "a number"}
        raise InputError(
            f"Recipe field '{name}' takes "
            f"{expected.get(kind, 'whole numbers with commas, such as 200,300,400')}. "
            f"Received: '{text}'"
        ) from None


def _as_text(value):
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ",".join(str(v) for v in value)
    return f"{value:.6g}" if isinstance(value, float) else str(value)
