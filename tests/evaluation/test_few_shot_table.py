import json

import numpy as np
import pytest

from bit_keras.evaluation.few_shot import FewShot
from bit_keras.evaluation.few_shot_table import (
    format_few_shot,
    summary_of,
    those_short,
)
from bit_keras.evaluation.learning_curve import LearningCurve


@pytest.fixture
def found():
    accuracies = np.array([[0.2, 0.5], [0.3, 0.6], [0.7, 0.7]])
    return FewShot((1, 25), (5, 1250), accuracies, 100)


def curve_to(forecast, low, high):
    accuracies = np.array([[0.3, 0.4, 0.5], [0.2, 0.5, 0.5]])
    line = np.array([0.0, 0.4])
    return LearningCurve(
        (75, 150, 300), accuracies, 100, forecast, low, high, line=line
    )


def test_each_number_of_shots_has_its_middle_interval_and_range(found):
    lines = [line.split() for line in format_few_shot(found).splitlines()]
    assert lines[0] == ["shots", "images", "mean", "lowest", "highest"]
    assert lines[1] == ["1", "5", "40.00%", "(30.9", "to", "49.8)", "20.00%", "70.00%"]
    assert lines[2][:3] == ["25", "1,250", "60.00%"]
    median = format_few_shot(found, "median").splitlines()[1]
    assert median.split()[2] == "30.00%"
    assert "100 test images" in format_few_shot(found)
    assert "3 draws" in format_few_shot(found)


@pytest.mark.parametrize(
    ("ahead", "told"),
    [
        (
            (0.6, 0.55, 0.65),
            "60.0% (55.0 to 65.0) on these test images: more of them h",
        ),
        ((0.6, 0.45, 0.75), "whether more of them help is not sure."),
        ((0.4, 0.35, 0.45), "more of them do not help."),
    ],
)
def test_it_is_said_whether_more_images_help(found, ahead, told):
    text = format_few_shot(found, curve=curve_to(*ahead))
    assert told in text
    assert "With all 300 training images it is 50.00% (40.4 to 59.6)." in text


def test_all_figures_can_be_read_again(found):
    summary = json.loads(json.dumps(summary_of(found, curve_to(0.6, 0.5, 0.7))))
    assert summary["shots"][1] == {
        "shots": 25,
        "examples": 1250,
        "accuracies": [0.5, 0.6, 0.7],
    }
    assert summary["curve"][0]["share"] == 0.25
    assert summary["twice_as_many"]["examples"] == 600
    assert "curve" not in summary_of(found)


def test_classes_with_fewer_images_are_counted_and_the_least_is_named():
    told = list(those_short((5, 10, 100), np.array([12, 7, 60]), ("a", "b", "c")))
    assert len(told) == 2
    assert told[0].startswith("10 of each class: 1 of 3 classes have fewer ('b' has 7)")
    assert told[1].startswith("100 of each class: 3 of 3")
