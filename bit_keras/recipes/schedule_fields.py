"""Fields of a recipe on the run and its learning rates."""

import dataclasses

from bit_keras.recipes.fields import (
    choice,
    flag,
    number,
    require,
    text,
    whole_numbers,
)
from bit_keras.recipes.schedules import learning_rates

SEEDS = 2**32


@dataclasses.dataclass(frozen=True, kw_only=True)
class ScheduleFields:
    """Which run it is, how long, and with which learning rates.

    Args:
        name: the rule that made it.
        seed: decides the order, the augmentation and the initial weights.
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
    """

    name: str = text("custom", group="run", shown=True)
    seed: int = number(0, least=0, below=SEEDS, group="run", shown=True)

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

    def require_schedule(self):
        """Raises `InputError` where these fields do not fit together."""
        increasing = list(self.decay_at) == sorted(set(self.decay_at))
        require(self, increasing, "decay_at", "must be increasing steps")

    def learning_rate(self, step):
        """Gives the learning rate of a zero-based step, in double precision."""
        return float(learning_rates(self, step, "float64"))

    def rates(self):
        """Gives the learning rates of all steps, float32 (steps,), as trained with."""
        return learning_rates(self, range(self.steps))
