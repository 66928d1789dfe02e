import json

import numpy as np
import pytest
from sklearn import metrics

from bit_keras.evaluation.multi_label import most_confident_wrong_answers
from bit_keras.evaluation.running import Predictions
from bit_keras.evaluation.summaries import summarize

# Three pictures: a cat with a dog, a cat, and nothing; there is no fox.
PETS = Predictions(
    np.float32([[0.9, 0.4, 0.1], [0.8, 0.7, 0.2], [0.3, 0.1, 0.6]]),
    np.array([[1, 1, 0], [1, 0, 0], [0, 0, 0]], "int8"),
)
NAMES = ["cat", "dog", "fox"]


def random(examples=50, classes=7):
    generator = np.random.default_rng(0)
    labels = (generator.random((examples, classes)) < 0.3).astype("int8")
    probabilities = generator.random((examples, classes), "float32")
    return Predictions(probabilities, labels), [f"class {i}" for i in range(classes)]


def test_figures_are_those_of_scikit_learn():
    predictions, names = random()
    summary = summarize(predictions, names)
    labels, probabilities = predictions.labels, predictions.probabilities
    answers = (probabilities >= 0.5).astype(int)
    assert summary["mean_average_precision"] == pytest.approx(
        metrics.average_precision_score(labels, probabilities, average="macro")
    )
    assert summary["micro_f1"] == pytest.approx(
        metrics.f1_score(labels, answers, average="micro")
    )
    assert summary["exact_match"] == metrics.accuracy_score(labels, answers)
    assert summary["loss"] == pytest.approx(
        sum(
            metrics.log_loss(labels[:, i], probabilities[:, i].astype("float64"))
            for i in range(7)
        )
    )


def test_every_class_has_its_own_figures():
    cat, dog, _ = summarize(PETS, NAMES)["per_class"]
    assert cat == {
        "name": "cat",
        "examples": 2,
        **dict.fromkeys(("average_precision", "recall", "precision", "f1"), 1.0),
    }
    assert dog == {
        "name": "dog",
        "examples": 1,
        "average_precision": 0.5,
        **dict.fromkeys(("recall", "precision", "f1"), 0.0),
    }


def test_a_class_without_examples_does_not_count():
    summary = summarize(PETS, NAMES)
    fox = summary["per_class"][2]
    assert (fox["examples"], fox["average_precision"], fox["recall"]) == (0, None, None)
    assert summary["mean_average_precision"] == pytest.approx((1 + 0.5) / 2)


def test_answers_are_counted_together_and_by_example():
    summary = summarize(PETS, NAMES)
    assert summary["examples"] == 3
    assert summary["micro_f1"] == pytest.approx(2 * 2 / (2 * 2 + 2 + 1))
    assert summary["exact_match"] == 0
    sure = Predictions(PETS.labels.astype("float32"), PETS.labels)
    assert summarize(sure, NAMES)["exact_match"] == 1


def test_one_half_is_a_yes():
    predictions = Predictions(np.float32([[0.5, 0.49]]), np.int8([[1, 0]]))
    assert summarize(predictions, ["a", "b"])["exact_match"] == 1


def test_a_wrong_certainty_costs_no_more_than_a_number():
    predictions = Predictions(np.float32([[0, 1]]), np.int8([[1, 0]]))
    loss = summarize(predictions, ["a", "b"])["loss"]
    assert loss == pytest.approx(-2 * np.log(1e-7))


def test_images_without_any_label_have_figures():
    predictions = Predictions(np.float32([[0.1, 0.2]]), np.zeros((1, 2), "int8"))
    summary = summarize(predictions, ["a", "b"])
    assert summary["mean_average_precision"] == summary["micro_f1"] == 0
    assert summary["exact_match"] == 1


def test_several_labels_have_no_most_probable_class():
    summary = summarize(PETS, NAMES)
    assert not {"top1", "top5", "macro_recall"} & set(summary)
    assert summary["confusion"] is None


def test_the_figures_survive_json():
    summary = summarize(PETS, NAMES)
    assert json.loads(json.dumps(summary, allow_nan=False)) == summary


def test_the_most_certain_wrong_answer_of_an_example_is_told():
    assert most_confident_wrong_answers(PETS, count=2) == [
        {"index": 1, "label": 1, "present": False, "probability": pytest.approx(0.7)},
        {"index": 0, "label": 1, "present": True, "probability": pytest.approx(0.6)},
    ]
    assert len(most_confident_wrong_answers(PETS)) == 3


def test_right_answers_are_no_mistakes():
    sure = Predictions(PETS.labels.astype("float32"), PETS.labels)
    assert most_confident_wrong_answers(sure) == []
