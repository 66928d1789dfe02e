import json

import numpy as np
import pytest
import tensorflow as tf

from bit_keras.errors import InputError
from bit_keras.evaluation.classification import (
    METRICS,
    Predictions,
    classify,
    headline,
    metric_names,
    most_confident_mistakes,
    summarize,
)


def as_logits(images, training):
    """A network whose logits are its pixels; it insists on inference mode."""
    assert training is False
    return tf.cast(images, tf.float32)


def batches(logits, labels, batch_size, classes):
    targets = np.eye(classes, dtype="float32")[np.asarray(labels)]
    dataset = tf.data.Dataset.from_tensor_slices((np.float32(logits), targets))
    return dataset.batch(batch_size)


def certain(predicted, classes):
    """Probabilities of 0.9 for the predicted class, the rest shared by the others."""
    predicted = np.asarray(predicted)
    shared = 0.1 / (classes - 1)
    probabilities = np.full((len(predicted), classes), shared, "float32")
    probabilities[np.arange(len(predicted)), predicted] = 0.9
    return probabilities


# Five cats, of which three are found; one dog, found; no fox; a fox was seen in a cat.
PETS = Predictions(certain([0, 0, 0, 1, 2, 1], 3), np.array([0, 0, 0, 0, 0, 1]))


def test_classify_gives_softmax_of_logits_and_labels_in_order():
    dataset = batches([[0, np.log(3)], [0, 0], [np.log(4), 0]], [1, 1, 0], 2, 2)
    predictions = classify(as_logits, dataset)
    expected = [[0.25, 0.75], [0.5, 0.5], [0.8, 0.2]]
    np.testing.assert_allclose(predictions.probabilities, expected, rtol=1e-6)
    np.testing.assert_array_equal(predictions.labels, [1, 1, 0])


def test_probabilities_of_a_half_precision_network_are_float32():
    def half(images, training):
        return tf.cast(images, tf.float16)

    probabilities = classify(half, batches([[0, 1]], [0], 1, 2)).probabilities
    assert probabilities.dtype == np.float32
    np.testing.assert_allclose(probabilities[0, 1], 1 / (1 + np.exp(-1)), rtol=1e-6)


def test_a_network_is_traced_once_for_each_batch_shape():
    traced = []

    def network(images, training):
        traced.append(images.shape)
        return images

    classify(network, batches(np.zeros((11, 2)), [0] * 11, 4, 2))
    assert [shape[0] for shape in traced] == [4, None]


def test_nan_is_refused():
    dataset = batches([[0, 1], [np.nan, 1]], [0, 1], 1, 2)
    with pytest.raises(InputError, match="NaN"):
        classify(as_logits, dataset)


def test_foreign_class_count_is_refused():
    with pytest.raises(InputError, match="tells 3 classes apart.*has 2"):
        classify(as_logits, batches([[0, 1, 2]], [1], 1, 2))


def test_empty_dataset_is_refused():
    with pytest.raises(InputError, match="no examples"):
        classify(as_logits, batches([[0, 1]], [1], 1, 2).take(0))


def test_a_fast_run_shows_no_bar(capsys):
    classify(as_logits, batches([[0, 1]], [1], 1, 2), description="test")
    assert capsys.readouterr() == ("", "")


def test_top1_is_the_share_of_right_predictions():
    summary = summarize(PETS, ["cat", "dog", "fox"])
    assert (summary["examples"], summary["top1"]) == (6, pytest.approx(4 / 6))


def test_loss_is_the_mean_cross_entropy():
    loss = summarize(PETS, ["cat", "dog", "fox"])["loss"]
    assert loss == pytest.approx(-(4 * np.log(0.9) + 2 * np.log(0.05)) / 6)


def test_loss_of_an_impossible_label_is_finite():
    predictions = Predictions(np.float32([[1, 0]]), np.array([1]))
    assert summarize(predictions, ["a", "b"])["loss"] == pytest.approx(-np.log(1e-7))


def test_classes_have_their_own_recall_and_precision():
    cat, dog, _ = summarize(PETS, ["cat", "dog", "fox"])["per_class"]
    assert cat == {
        "name": "cat",
        "examples": 5,
        "recall": pytest.approx(3 / 5),
        "precision": 1.0,
        "f1": pytest.approx(2 * 0.6 / 1.6),
    }
    assert (dog["recall"], dog["precision"]) == (1.0, 0.5)


def test_a_class_without_examples_has_no_recall():
    fox = summarize(PETS, ["cat", "dog", "fox"])["per_class"][2]
    assert (fox["examples"], fox["recall"], fox["precision"]) == (0, None, 0.0)


def test_confusion_has_true_classes_in_rows():
    confusion = summarize(PETS, ["cat", "dog", "fox"])["confusion"]
    assert confusion == [[3, 1, 1], [0, 1, 0], [0, 0, 0]]


def test_top5_accepts_the_five_most_probable_classes():
    rising = np.tile(np.float32([1, 2, 3, 4, 5, 6, 7]) / 28, (7, 1))  # 0 and 1 are last
    summary = summarize(Predictions(rising, np.arange(7)), list("abcdefg"))
    assert summary["top5"] == pytest.approx(5 / 7)


def test_five_classes_have_no_top5():
    summary = summarize(Predictions(certain([0], 5), np.array([0])), list("abcde"))
    assert "top5" not in summary


def test_few_examples_of_many_classes_warn_of_nothing():
    labels = np.append(np.arange(30), 0)
    predictions = Predictions(certain(labels, 30), labels)
    assert summarize(predictions, [f"class {i}" for i in range(30)])["top1"] == 1.0


def test_summary_survives_json():
    summary = summarize(PETS, ["cat", "dog", "fox"])
    assert json.loads(json.dumps(summary, allow_nan=False)) == summary


def test_mistakes_come_most_confident_first():
    probabilities = np.float32([[0.6, 0.4], [0.1, 0.9], [0.2, 0.8], [0.7, 0.3]])
    predictions = Predictions(probabilities, np.array([1, 0, 1, 1]))
    mistakes = most_confident_mistakes(predictions, count=2)
    assert mistakes == [
        {"index": 1, "label": 0, "predicted": 1, "probability": pytest.approx(0.9)},
        {"index": 3, "label": 1, "predicted": 0, "probability": pytest.approx(0.7)},
    ]


def test_a_perfect_network_has_no_mistakes():
    predictions = Predictions(certain([0, 1], 2), np.array([0, 1]))
    assert most_confident_mistakes(predictions) == []


def targets_and_logits():
    """Logits of several labels per example, and a dataset of them."""
    logits = np.float32([[2, -1, 0.5], [-3, 4, -0.1], [0, -2, 9]])
    targets = np.float32([[1, 0, 0], [0, 0, 0], [1, 1, 1]])
    return logits, targets, tf.data.Dataset.from_tensor_slices((logits, targets))


def test_sigmoids_judge_each_class_by_itself():
    logits, targets, dataset = targets_and_logits()
    predictions = classify(as_logits, dataset.batch(2), loss="sigmoid")
    assert predictions.multi_label
    np.testing.assert_allclose(
        predictions.probabilities, 1 / (1 + np.exp(-logits)), rtol=1e-6
    )
    np.testing.assert_array_equal(predictions.labels, targets)
    assert predictions.labels.dtype == np.int8


def test_the_loss_of_sigmoids_is_that_of_their_training():
    logits, targets, dataset = targets_and_logits()
    predictions = classify(as_logits, dataset.batch(2), loss="sigmoid")
    losses = tf.nn.sigmoid_cross_entropy_with_logits(targets, logits)
    expected = float(tf.reduce_mean(tf.reduce_sum(losses, axis=-1)))
    assert summarize(predictions, list("abc"))["loss"] == pytest.approx(expected)


def test_sigmoids_of_one_label_each_have_a_most_probable_class_too():
    labels = np.eye(3, dtype="int8")[PETS.labels]
    summary = summarize(Predictions(PETS.probabilities, labels), ["cat", "dog", "fox"])
    assert summary["top1"] == pytest.approx(4 / 6)
    assert summary["macro_recall"] == pytest.approx((3 / 5 + 1) / 2)
    assert summary["exact_match"] == pytest.approx(4 / 6)
    assert summary["confusion"] is None


def test_macro_recall_is_the_mean_over_the_classes_that_there_are():
    summary = summarize(PETS, ["cat", "dog", "fox"])
    assert summary["macro_recall"] == pytest.approx((3 / 5 + 1) / 2)


def test_the_headline_is_the_figure_that_says_most():
    single = summarize(PETS, ["cat", "dog", "fox"])
    assert headline(single) == ("top-1 accuracy", single["top1"])
    several = {"loss": 0.1, "micro_f1": 0.4, "mean_average_precision": 0.7}
    assert headline(several) == ("mean average precision", 0.7)


@pytest.mark.parametrize("classes", [3, 6])
def test_the_metrics_named_for_data_are_those_that_are_given(classes):
    names = [str(number) for number in range(classes)]
    probabilities = np.tile(certain([0], classes), (4, 1))
    single = summarize(Predictions(probabilities, np.arange(4) % classes), names)
    several = np.tri(4, classes, dtype="int8")
    multi = summarize(Predictions(probabilities, several), names)
    for multi_label, summary in ((False, single), (True, multi)):
        given = set(METRICS) & set(summary)
        assert set(metric_names(multi_label, classes)) == given


def test_of_the_loss_alone_less_is_better():
    assert [name for name, sign in METRICS.items() if sign < 0] == ["loss"]
    assert set(METRICS.values()) == {1, -1}
