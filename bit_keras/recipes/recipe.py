"""The recipe: everything that a training run is decided by, as frozen plain data."""

import dataclasses
import json

from bit_keras.recipes.fields import as_text, check, choice, flag, number, require, text
from bit_keras.recipes.image_fields import ImageFields
from bit_keras.recipes.learning_fields import LearningFields
from bit_keras.recipes.schedule_fields import ScheduleFields


@dataclasses.dataclass(frozen=True, kw_only=True)
class Recipe(LearningFields, ImageFields, ScheduleFields):
    """The whole truth of a run; made by a rule and changed by `override` alone.

    Its fields are those of `ScheduleFields`, `ImageFields` and `LearningFields`, and

    Args:
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

    random_group: int = number(1, least=1, group="memory")
    micro_batch: int = number(0, least=0, group="memory")
    remat: bool = flag(False, group="memory")
    precision: str = choice("float32", group="memory", shown=True)

    evaluate_every: int = number(0, least=0, group="evaluation")
    best_metric: str = text("", group="evaluation")
    patience: int = number(0, least=0, group="evaluation")

    def __post_init__(self):
        check(self)
        self.require_schedule()
        self.require_images()
        self.require_learning()
        self._require_divisors()
        self._require_evaluations()

    def _require_divisors(self):
        for name in ("micro_batch", "mix_group", "random_group"):
            part = getattr(self, name)
            divides = not part or self.batch_size % part == 0
            told = f"must divide batch_size={self.batch_size}"
            require(self, divides, name, told)
        divides = self.micro_batch % self.random_group == 0
        told = f"must divide micro_batch={self.micro_batch}"
        require(self, divides, "random_group", told)

    def _require_evaluations(self):
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
            "synchronized_batch_norm": self.batch_norm == "synchronized",
        }

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
