import json

import numpy as np
import pytest

from bit_keras.evaluation.sizes import Outcome
from bit_keras.evaluation.sizes_table import format_sizes, summary_of
from bit_keras.preprocessing import Preprocessing


def outcome(size, share, right):
    preprocessing = Preprocessing(crop=size, share=share)
    counted = np.arange(400) < right
    return Outcome(preprocessing, "top1", right / 400, right=counted)


@pytest.fixture
def outcomes():
    """Two sizes of two shares; the larger size is better."""
    return [
        outcome(32, 0.0, 200),
        outcome(32, 0.95, 210),
        outcome(48, 0.0, 216),
        outcome(48, 0.95, 240),
    ]


def test_sizes_are_rows_and_shares_are_columns_and_the_best_is_marked(outcomes):
    title, *lines = format_sizes(outcomes, outcomes[0], 400).splitlines()
    assert title.startswith("top-1 accuracy of 400 images")
    assert [line.split() for line in lines[:3]] == [
        ["size", "whole", "0.95"],
        ["32", "px", "50.00%", "52.50%"],
        ["48", "px", "54.00%", "60.00%*"],
    ]


def test_a_clear_difference_to_the_network_s_own_is_called_so(outcomes):
    text = format_sizes(outcomes, outcomes[0], 400)
    assert "The best (*), 48 px, share 0.95: 60.00%" in text
    assert "own, 32 px, the whole image: 50.00%" in text
    assert "better by 10.00 points" in text
    assert "more than chance" in text


def test_a_small_difference_is_not_called_one(outcomes):
    text = format_sizes(outcomes, outcome(224, 0.9, 239), 400)
    assert "own, 224 px, share 0.9: 59.75%" in text
    assert "too few to tell the two apart" in text


def test_where_none_is_better_than_the_network_s_own_it_is_said(outcomes):
    text = format_sizes(outcomes, outcomes[3], 400)
    assert text.splitlines()[-1].endswith("none of these is better.")
    assert "60.00%*" in text


def test_all_figures_go_into_json(outcomes):
    summary = json.loads(json.dumps(summary_of(outcomes, outcomes[0], 400, "val")))
    assert (summary["figure"], summary["examples"], summary["split"]) == (
        *("top1", 400, "val"),
    )
    best = summary["best"]
    assert (best["size"], best["share"], best["value"]) == (48, 0.95, 0.6)
    assert best["low"] < 0.6 < best["high"]
    assert summary["own"]["value"] == 0.5
    assert [row["value"] for row in summary["combinations"]] == [
        *(0.5, 0.525, 0.54, 0.6),
    ]
    difference = summary["difference"]
    assert difference["value"] == pytest.approx(0.1)
    assert 0 < difference["low"] < 0.1 < difference["high"]
