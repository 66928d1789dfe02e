import io

import numpy as np
import pytest
from PIL import Image

from bit_keras.evaluation.sizes import Outcome
from bit_keras.preprocessing import Preprocessing
from bit_keras.reports.sizes_figure import sizes_figure

PURPLE, ORANGE = (68, 1, 84), (194, 87, 12)  # the smallest share, and the own one


def outcome(size, share, value):
    right = np.arange(100) < 100 * value
    return Outcome(Preprocessing(crop=size, share=share), "top1", value, right=right)


def places(picture, colour):
    pixels = np.asarray(Image.open(io.BytesIO(picture)).convert("RGB")).astype(int)
    return np.argwhere(abs(pixels - colour).max(axis=-1) < 3)[40:]  # without the legend


def test_a_line_rises_where_larger_images_do_better():
    rising = [outcome(32, 0.0, 0.2), outcome(64, 0.0, 0.8)]
    falling = [outcome(32, 0.0, 0.8), outcome(64, 0.0, 0.2)]
    for outcomes, sign in ((rising, -1), (falling, 1)):
        picture = sizes_figure(outcomes, outcome(48, 1.0, 0.5))
        rows, columns = places(picture, PURPLE).T
        assert np.sign(np.corrcoef(rows, columns)[0, 1]) == sign


def test_the_network_s_own_is_drawn_where_it_belongs():
    outcomes = [outcome(32, 0.0, 0.5), outcome(128, 0.0, 0.5)]
    left, right = (
        places(sizes_figure(outcomes, outcome(size, 0.0, 0.5)), ORANGE)[:, 1].mean()
        for size in (32, 128)
    )
    assert left + 300 < right


def test_the_size_of_the_training_is_a_line_of_its_own():
    own = outcome(32, 0.0, 0.5)
    without, drawn = (sizes_figure([own], own, size) for size in (None, 24))
    assert without != drawn


@pytest.mark.parametrize("shares", [[0.5], [0.0, 0.5, 0.9, 1.0]])
def test_a_single_size_can_be_drawn(shares):
    outcomes = [outcome(32, share, 0.5) for share in shares]
    assert sizes_figure(outcomes, outcomes[-1]).startswith(b"\x89PNG")


def test_a_figure_without_intervals_can_be_drawn():
    outcomes = [
        Outcome(Preprocessing(crop=crop), "mean_average_precision", 0.4)
        for crop in (32, 48)
    ]
    assert len(places(sizes_figure(outcomes, outcomes[0]), PURPLE))
