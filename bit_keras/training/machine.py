"""What a run is computed on."""

import dataclasses
import time

from bit_keras.errors import InputError


@dataclasses.dataclass(frozen=True)
class Machine:
    """What a run is computed on, and how often it is saved: nothing that changes it.

    Args:
        strategy, tpu: see `make_strategy`.
        checkpoint_minutes: between checkpoints.
        began: `time.monotonic()` of the moment from which --minutes counts.
    """

    strategy: str = "auto"
    tpu: str | None = None
    checkpoint_minutes: float = 10.0
    began: float = dataclasses.field(default_factory=time.monotonic)

    def __post_init__(self):
        if not self.checkpoint_minutes >= 0:
            raise InputError(
                "--checkpoint-minutes must not be negative. Received: "
                f"{self.checkpoint_minutes}"
            )
