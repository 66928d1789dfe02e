import io

import numpy as np
import pytest
from PIL import Image

from bit_keras.reports.figures import (
    confusion_matrix_figure,
    curves_figure,
    most_confused_pairs,
    smoothed,
)


def pixels(png):
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)


def share_of(png, color):
    return (abs(pixels(png) - color).max(axis=-1) < 3).mean()


def confusion_of(classes):
    confusion = np.diag(np.full(classes, 40))
    confusion[0, 1] = 10
    return confusion


@pytest.mark.parametrize("classes", [1, 2, 37, 61, 300])
def test_confusion_matrix_is_drawn_at_a_readable_size(classes):
    png = confusion_matrix_figure(
        confusion_of(max(classes, 2))[:classes, :classes],
        [f"a rather long class name {i}" for i in range(classes)],
    )
    height, width, _ = pixels(png).shape
    assert 300 < height < 1500
    assert 300 < width < 1500


def test_colours_are_shares_of_a_row():
    dark = (8, 48, 107)  # the end of the scale
    even = confusion_matrix_figure([[9, 0], [0, 1]], ["a", "b"])
    spread = confusion_matrix_figure([[9, 9], [1, 1]], ["a", "b"])
    assert share_of(even, dark) > 0.2
    assert share_of(spread, dark) < 0.01  # only the scale has it


@pytest.mark.parametrize("classes", [20, 300])
def test_a_class_without_examples_is_grey(classes):
    grey = (217, 217, 217)
    confusion = confusion_of(classes)
    names = [str(i) for i in range(classes)]
    assert share_of(confusion_matrix_figure(confusion, names), grey) < 0.001
    confusion[4:8] = 0
    assert share_of(confusion_matrix_figure(confusion, names), grey) > 0.005


def test_one_stray_of_a_thousand_classes_is_visible():
    names = [str(i) for i in range(1000)]
    confusion = np.diag(np.full(1000, 50))
    confusion[100, 500] = 1
    here = pixels(confusion_matrix_figure(confusion, names))
    confusion[100, [500, 900]] = 0, 1
    there = pixels(confusion_matrix_figure(confusion, names))
    above_caption = slice(0, 700)
    changed = abs(here[above_caption] - there[above_caption]).max(axis=-1) > 10
    assert 2 * 9 <= changed.sum() <= 2 * 16  # two cells of 900 / 250 pixels a side


@pytest.mark.parametrize(
    "name", ["$x", "$\\frac$", "a_b^c$$", "猫", "ا", "a\nb", "\x00"]
)
@pytest.mark.parametrize("classes", [2, 61])
def test_any_class_name_is_drawn_without_a_warning(name, classes):
    confusion = confusion_of(classes)
    assert confusion_matrix_figure(confusion, [name] * classes).startswith(b"\x89PNG")


def test_most_confused_pairs_ignore_the_diagonal_and_zeros():
    confusion = [[50, 2, 0], [7, 50, 0], [0, 0, 50]]
    assert most_confused_pairs(confusion, 9) == [(1, 0, 7), (0, 1, 2)]


def test_most_confused_pairs_are_limited():
    assert len(most_confused_pairs(np.ones((5, 5)), 3)) == 3


def test_the_pairs_below_a_large_matrix_name_the_classes():
    confusion = confusion_of(61)
    short = confusion_matrix_figure(confusion, ["a"] * 61)
    named = confusion_matrix_figure(confusion, ["american pit bull"] * 61)
    assert share_of(named, (255, 255, 255)) < share_of(short, (255, 255, 255))


def test_curves_are_drawn_in_their_colours():
    rows = [
        {"step": s, "loss": 1 / s, "accuracy": s / 90, "learning_rate": 0.1}
        for s in range(1, 90)
    ]
    assert share_of(curves_figure(rows), (31, 95, 168)) > 0.001


@pytest.mark.parametrize("rows", [[], [{"step": 1, "loss": float("nan")}]])
def test_curves_without_values_have_no_line(rows):
    assert share_of(curves_figure(rows), (31, 95, 168)) == 0


def test_a_single_step_is_a_dot():
    png = curves_figure([{"step": 1, "loss": 2.0, "accuracy": None}])
    assert share_of(png, (31, 95, 168)) > 0


def test_smoothing_keeps_a_straight_line():
    line = np.linspace(3, 1, 600)
    np.testing.assert_allclose(smoothed(line), line)


def test_smoothing_averages_a_spike_away():
    values = np.zeros(600)
    values[300] = 21  # the window reaches 10 values to each side
    np.testing.assert_allclose(smoothed(values)[290:311], 1)
    assert smoothed(values)[289] == smoothed(values)[311] == 0


def test_few_values_are_not_smoothed():
    np.testing.assert_array_equal(smoothed([5.0, 1.0, 4.0]), [5, 1, 4])
