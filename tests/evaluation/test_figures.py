import numpy as np
import pytest

from bit_keras.evaluation.figures import METRICS, headline, metric_names
from bit_keras.evaluation.running import Predictions
from bit_keras.evaluation.summaries import summarize


def test_the_headline_is_the_figure_that_says_most(pets):
    single = summarize(pets, ["cat", "dog", "fox"])
    assert headline(single) == ("top-1 accuracy", single["top1"])
    several = {"loss": 0.1, "micro_f1": 0.4, "mean_average_precision": 0.7}
    assert headline(several) == ("mean average precision", 0.7)


@pytest.mark.parametrize("classes", [3, 6])
def test_the_metrics_named_for_data_are_those_that_are_given(classes, certain):
    names = [str(number) for number in range(classes)]
    probabilities = np.tile(certain([0], classes), (4, 1))
    single = summarize(Predictions(probabilities, np.arange(4) % classes), names)
    several = np.tri(4, classes, dtype="int8")
    multi = summarize(Predictions(probabilities, several), names)
    for multi_label, summary in ((False, single), (True, multi)):
        given = set(METRICS) & set(summary)
        assert set(metric_names(multi_label, classes)) == given


def test_of_the_loss_alone_less_is_better():
    worse_with_more = [name for name, sign in METRICS.items() if sign < 0]
    assert worse_with_more == ["loss", "squared_error"]
    assert set(METRICS.values()) == {1, -1}
