import numpy as np
import pytest

from bit_keras.evaluation.leakage import twins_told, without_twins
from bit_keras.evaluation.running import Predictions
from bit_keras.evaluation.summaries import summarize

# Of four examples of class 0, the first two are told right.
PROBABILITIES = np.array([[0.9, 0.1]] * 2 + [[0.2, 0.8]] * 2, "float32")
CLASSES = ["a", "b"]


def judged(*has_twin, labels=(0, 0, 0, 0)):
    predictions = Predictions(PROBABILITIES, np.array(labels))
    found = without_twins(predictions, np.array(has_twin), CLASSES)
    return summarize(predictions, CLASSES) | found


def test_the_figures_of_images_without_a_twin_stand_beside_those_of_all():
    summary = judged(True, False, False, False)
    assert summary["top1"] == 0.5
    assert summary["twins_in_training"] == 1
    assert summary["without_twins"]["examples"] == 3
    assert summary["without_twins"]["top1"] == pytest.approx(1 / 3)


def test_the_sentence_gives_the_figure_with_its_interval():
    # Wilson: 1 of 3 is 0.0615 to 0.7923.
    assert twins_told(judged(True, False, False, False)) == (
        "1 of 4 test images have a twin in training; without them 33.33% (6.1 to 79.2)"
    )


def test_without_twins_there_is_nothing_to_tell():
    summary = judged(*[False] * 4)
    assert twins_told(summary) == ""
    assert summary["twins_in_training"] == 0
    assert "without_twins" not in summary


def test_where_all_have_twins_there_is_no_second_figure():
    told = twins_told(judged(*[True] * 4))
    assert told.startswith("All 4 test images have a twin in training: ")
    assert "%" not in told


def test_a_run_of_before_has_nothing_to_tell():
    predictions = Predictions(PROBABILITIES, np.zeros(4, int))
    assert twins_told(summarize(predictions, CLASSES)) == ""


def test_several_labels_are_told_by_their_own_figure():
    labels = np.array([[1, 0], [1, 1], [1, 0], [1, 0]], "int8")
    summary = judged(True, True, False, False, labels=labels)
    assert "top1" not in summary
    assert twins_told(summary).endswith("; without them 100.00%")
