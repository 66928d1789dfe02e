import json

import numpy as np
import pytest
import tensorflow as tf

from bit_keras.errors import InputError
from bit_keras.evaluation.classification import (
    Predictions,
    classify,
    format_summary,
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


def test_table_lists_the_worst_class_first_and_the_empty_one_last():
    text = format_summary(summarize(PETS, ["cat", "dog", "fox"]))
    table = [line.split() for line in text.splitlines()[-3:]]
    assert table == [
        ["cat", "5", "60.0%", "100.0%", "75.0%"],
        ["dog", "1", "100.0%", "50.0%", "66.7%"],
        ["fox", "0", "-", "0.0%", "0.0%"],
    ]


def test_wide_letters_and_accents_keep_columns_aligned():
    names = ["猫猫", "cafe\N{COMBINING ACUTE ACCENT}", "dog"]  # 4, 4 and 3 columns
    rows = format_summary(summarize(PETS, names)).splitlines()[-3:]
    widths = {row.split()[0]: len(row) for row in rows}
    assert widths["猫猫"] + 2 == widths["dog"]
    assert widths["cafe\N{COMBINING ACUTE ACCENT}"] - 1 == widths["dog"]


def test_control_characters_of_a_name_do_not_reach_the_terminal():
    text = format_summary(summarize(PETS, ["cat\x1b[31m", "dog\nfox", "c"]))
    assert "cat?[31m" in text
    assert "dog?fox" in text


def test_long_names_are_cut():
    rows = format_summary(summarize(PETS, ["c" * 99, "d", "e"])).splitlines()[-3:]
    assert {len(row) for row in rows} == {40 + 10 + 9 + 11 + 9}
    assert "c" * 39 + "…" in "".join(rows)


def test_a_long_table_is_cut_and_names_the_file():
    names = [f"class {i}" for i in range(45)]
    summary = summarize(Predictions(certain(range(45), 45), np.arange(45)), names)
    text = format_summary(summary, file="test.json")
    assert text.splitlines()[-1] == "… and 5 more classes, all in test.json"
    assert "class 39 " in text
    assert "class 40 " not in text
