import io

import numpy as np
import pytest
from PIL import Image

from bit_keras.evaluation.learning_curve import LearningCurve
from bit_keras.reports.shots_figure import shots_figure

BLUE, ORANGE = (31, 95, 168), (194, 87, 12)


@pytest.fixture
def curve():
    accuracies = np.array([[0.3, 0.42, 0.5], [0.34, 0.4, 0.5]])
    line = np.array([0.0, 0.4])
    return LearningCurve((15, 30, 60), accuracies, 100, 0.6, 0.45, 0.7, line=line)


def places(picture, colour):
    pixels = np.asarray(Image.open(io.BytesIO(picture)).convert("RGB")).astype(int)
    return np.argwhere(abs(pixels - colour).max(axis=-1) < 3)


def test_more_is_drawn_further_up_and_to_the_right():
    rising = shots_figure((1, 5), [[0.2, 0.8], [0.2, 0.9]])
    falling = shots_figure((1, 5), [[0.8, 0.2], [0.9, 0.2]])
    for picture, sign in ((rising, -1), (falling, 1)):
        rows, columns = places(picture, BLUE).T
        assert np.sign(np.corrcoef(rows, columns)[0, 1]) == sign


def test_the_forecast_is_drawn_beside_it(curve):
    accuracies = [[0.2, 0.4], [0.3, 0.45]]
    without = shots_figure((1, 5), accuracies)
    drawn = shots_figure((1, 5), accuracies, curve=(curve, 3), chance=0.33)
    assert not len(places(without, ORANGE))
    # Twice as many stand to the right of all else.
    assert places(drawn, ORANGE)[:, 1].max() > places(drawn, BLUE)[:, 1].max() + 100


def test_a_single_draw_of_a_single_number_can_be_drawn():
    assert len(places(shots_figure((5,), [[0.4]]), BLUE))


def test_the_median_is_not_the_mean():
    accuracies = [[0.2, 0.3], [0.2, 0.3], [0.9, 0.3]]
    assert shots_figure((1, 5), accuracies) != shots_figure(
        (1, 5), accuracies, middle="median"
    )
