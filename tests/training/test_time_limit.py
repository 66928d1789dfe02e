import dataclasses
import types

import pytest

from bit_keras.training import time_limit
from bit_keras.training.time_limit import REPORT_SECONDS, TimeLimit, limit_of


@pytest.fixture
def clock(monkeypatch):
    clock = types.SimpleNamespace(now=100.0)
    monkeypatch.setattr(
        time_limit, "time", types.SimpleNamespace(monotonic=lambda: clock.now)
    )
    return clock


def test_the_report_is_left_its_time(clock):
    limit = TimeLimit(160.0, test_share=3)
    assert limit.left == 60 - REPORT_SECONDS
    clock.now = 150.0
    assert limit.left == 10 - REPORT_SECONDS


def test_the_first_evaluation_is_taken_to_make_graphs_alone(clock):
    limit = TimeLimit(160.0, test_share=20)
    limit.evaluated(2)
    assert limit.left == 60 - 2 - REPORT_SECONDS


def test_the_test_is_taken_to_be_as_slow_as_the_last_evaluation(clock):
    limit = TimeLimit(160.0, test_share=3)
    limit.evaluated(5)
    limit.evaluated(1)
    # One more of the held-out images, the test images, and the graph for these.
    assert limit.left == 60 - 4 * 1 - (5 - 1) - REPORT_SECONDS


def test_the_time_of_a_run_counts_from_its_start_less_what_was_spent(
    data, small_recipe, clock
):
    divided = dataclasses.replace(data, parts={**data.parts, "val": data.parts["test"]})
    assert limit_of(small_recipe(), divided, 40.0, 0.0) is None
    limit = limit_of(
        small_recipe(minutes=2.0, evaluate_every=1), divided, 40.0, spent=15.0
    )
    assert limit.left == 40 + 120 - 15 - clock.now - REPORT_SECONDS
