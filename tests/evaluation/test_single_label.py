import json

import numpy as np
import pytest

from bit_keras.evaluation.running import Predictions
from bit_keras.evaluation.single_label import (
    most_confident_mistakes,
    summarize_classes,
)


def test_top1_is_the_share_of_right_predictions(pets):
    summary = summarize_classes(pets, ["cat", "dog", "fox"])
    assert (summary["examples"], summary["top1"]) == (6, pytest.approx(4 / 6))


def test_loss_is_the_mean_cross_entropy(pets):
    loss = summarize_classes(pets, ["cat", "dog", "fox"])["loss"]
    assert loss == pytest.approx(-(4 * np.log(0.9) + 2 * np.log(0.05)) / 6)


def test_loss_of_an_impossible_label_is_finite():
    predictions = Predictions(np.float32([[1, 0]]), np.array([1]))
    assert summarize_classes(predictions, ["a", "b"])["loss"] == pytest.approx(
        -np.log(1e-7)
    )


def test_classes_have_their_own_recall_and_precision(pets):
    cat, dog, _ = summarize_classes(pets, ["cat", "dog", "fox"])["per_class"]
    assert cat == {
        "name": "cat",
        "examples": 5,
        "recall": pytest.approx(3 / 5),
        "precision": 1.0,
        "f1": pytest.approx(2 * 0.6 / 1.6),
    }
    assert (dog["recall"], dog["precision"]) == (1.0, 0.5)


def test_a_class_without_examples_has_no_recall(pets):
    fox = summarize_classes(pets, ["cat", "dog", "fox"])["per_class"][2]
    assert (fox["examples"], fox["recall"], fox["precision"]) == (0, None, 0.0)


def test_confusion_has_true_classes_in_rows(pets):
    confusion = summarize_classes(pets, ["cat", "dog", "fox"])["confusion"]
    assert confusion == [[3, 1, 1], [0, 1, 0], [0, 0, 0]]


def test_top5_accepts_the_five_most_probable_classes():
    rising = np.tile(np.float32([1, 2, 3, 4, 5, 6, 7]) / 28, (7, 1))  # 0 and 1 are last
    summary = summarize_classes(Predictions(rising, np.arange(7)), list("abcdefg"))
    assert summary["top5"] == pytest.approx(5 / 7)


def test_five_classes_have_no_top5(certain):
    summary = summarize_classes(
        Predictions(certain([0], 5), np.array([0])), list("abcde")
    )
    assert "top5" not in summary


def test_few_examples_of_many_classes_warn_of_nothing(certain):
    labels = np.append(np.arange(30), 0)
    predictions = Predictions(certain(labels, 30), labels)
    assert (
        summarize_classes(predictions, [f"class {i}" for i in range(30)])["top1"] == 1.0
    )


def test_macro_recall_is_the_mean_over_the_classes_that_there_are(pets):
    summary = summarize_classes(pets, ["cat", "dog", "fox"])
    assert summary["macro_recall"] == pytest.approx((3 / 5 + 1) / 2)


def test_summary_survives_json(pets):
    summary = summarize_classes(pets, ["cat", "dog", "fox"])
    assert json.loads(json.dumps(summary, allow_nan=False)) == summary


def test_mistakes_come_most_confident_first():
    probabilities = np.float32([[0.6, 0.4], [0.1, 0.9], [0.2, 0.8], [0.7, 0.3]])
    predictions = Predictions(probabilities, np.array([1, 0, 1, 1]))
    mistakes = most_confident_mistakes(predictions, count=2)
    assert mistakes == [
        {"index": 1, "label": 0, "predicted": 1, "probability": pytest.approx(0.9)},
        {"index": 3, "label": 1, "predicted": 0, "probability": pytest.approx(0.7)},
    ]


def test_a_perfect_network_has_no_mistakes(certain):
    predictions = Predictions(certain([0, 1], 2), np.array([0, 1]))
    assert most_confident_mistakes(predictions) == []
