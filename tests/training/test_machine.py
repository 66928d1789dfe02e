import math

import pytest

from bit_keras.errors import InputError
from bit_keras.training.machine import Machine


@pytest.mark.parametrize("minutes", [-1.0, math.nan])
def test_times_below_zero_are_refused(minutes):
    with pytest.raises(InputError, match="--checkpoint-minutes must not be negative"):
        Machine(checkpoint_minutes=minutes)


def test_a_checkpoint_may_follow_every_step():
    assert Machine(checkpoint_minutes=0).checkpoint_minutes == 0
