"""What the user asks of a run's recipe, checked before anything is read."""

import dataclasses
import math

from bit_keras import recipes
from bit_keras.errors import InputError
from bit_keras.recipes import rules
from bit_keras.recipes.assignments import require_known

# Fields that --minutes chooses.
FITTED = {
    "batch_size",
    "steps",
    "minutes",
    "crop",
    "resize",
    "test_scale",
    "warmup_steps",
    "decay_at",
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """What the user may ask of the recipe; None leaves it to the rule.

    Args:
        rule: a name of `recipes.RULES`.
        command: "finetune" or "pretrain": which rules there are.
        options: dict of the rule's own options, such as "resolution".
        batch_size: scales the learning rate with it.
        steps: scales warm-up and decay with it.
        epochs: gives the steps by how often all training images are gone through.
        minutes: makes the best of this time, on this machine as it is measured.
        micro_batch: images of a device in memory at a time; "auto" measures how many
            fit.
        class_weights: "auto" for weights that make up for rare classes, or a CSV file
            of class,weight.
        seed: of the whole run: recipe field of this name, and of the splits.
        changes: dict of recipe fields, which have the last word.

    Raises:
        InputError: if something is unknown, or out of range.
    """

    rule: str = "bit_hyperrule"
    command: str = "finetune"
    options: dict = dataclasses.field(default_factory=dict)
    batch_size: int | None = None
    steps: int | None = None
    epochs: float | None = None
    minutes: float | None = None
    micro_batch: int | str | None = None
    class_weights: str | None = None
    seed: int = 0
    changes: dict = dataclasses.field(default_factory=dict)

    def __post_init__(self):
        self._require_rule()
        self._require_changes()
        for name in ("batch_size", "steps", "epochs", "minutes"):
            value = getattr(self, name)
            if value is not None and not 0 < value < math.inf:
                raise InputError(
                    f"--{name.replace('_', '-')} must be above 0. Received: {value}"
                )
        parts = self.micro_batch
        if parts not in (None, "auto") and (not isinstance(parts, int) or parts < 0):
            raise InputError(
                f"--micro-batch takes auto, or a number from 0. Received: {parts}"
            )
        if not 0 <= self.seed < recipes.SEEDS:
            raise InputError(f"--seed must be from 0 to 2**32-1. Received: {self.seed}")
        self._require_one_length()

    def _require_rule(self):
        rule = rules.find(self.rule, self.command)
        for name in self.options:
            if name not in rule.options:
                takers = [n for n, r in recipes.RULES.items() if name in r.options]
                raise InputError(
                    f"The recipe {self.rule} has no option '{name}'; it belongs to "
                    f"{' and '.join(takers) or 'none'}."
                )

    def _require_one_length(self):
        asked = self.batch_size or self.steps or self.epochs
        if self.minutes is not None and (asked or FITTED & self.changes.keys()):
            raise InputError(
                "--minutes chooses batch size, steps and resolution itself; leave out "
                "--batch-size, --steps, --epochs and --set of these fields, or "
                "--minutes."
            )
        if self.epochs is not None and (self.steps or "steps" in self.changes):
            raise InputError(
                "--epochs and --steps both say how long a run is; leave one out."
            )

    def _require_changes(self):
        for name in self.changes:
            require_known(name)
        if "seed" in self.changes:
            raise InputError("The seed is an argument of its own, not one of changes.")
