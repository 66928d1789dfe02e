import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from bit_keras.evaluation.chance import doubt


def of_one_label(top1, *counts):
    rows = [{"examples": count} for count in counts]
    return {"top1": top1, "examples": sum(counts), "per_class": rows}


def of_several_labels(value, examples, *counts):
    rows = [{"examples": count} for count in counts]
    return {"mean_average_precision": value, "examples": examples, "per_class": rows}


@pytest.mark.parametrize(
    ("top1", "counts"),
    [
        (0.97, (180, 180)),
        (0.105, (3,) * 100),
        (0.56, (500, 500)),
        (1.0, (5, 0)),
        (1.0, (5, 3)),
    ],
)
def test_a_result_above_guessing_and_the_commonest_class_stands(top1, counts):
    assert doubt(of_one_label(top1, *counts)) == ""


@pytest.mark.parametrize(
    ("top1", "counts", "told"),
    [
        (0.105, (36,) * 10, "10.0% come of guessing (360 images"),
        (0.0, (36,) * 10, "10.0% come of guessing"),
        (0.56, (50, 50), "50.0% come of guessing"),
        (0.9, (90, 10), "90.0% come of always naming the commonest class"),
        (1.0, (2, 1), "66.7% come of always naming the commonest class"),
        (0.4, (5, 0), "50.0% come of guessing"),
    ],
)
def test_a_result_that_luck_would_give_is_doubted(top1, counts, told):
    assert told in doubt(of_one_label(top1, *counts))


def test_images_in_random_order_are_doubted_and_good_ones_are_not():
    random = np.random.default_rng(0)
    labels = np.zeros((200, 4), "int8")
    for column, count in zip(labels.T, (10, 40, 100, 0), strict=True):
        column[:count] = 1
    counts = labels.sum(axis=0)
    doubted = 0
    for _ in range(50):
        scores = random.random((200, 3))
        value = average_precision_score(labels[:, :3], scores, average="macro")
        doubted += bool(doubt(of_several_labels(value, 200, *counts)))
    assert doubted >= 47
    assert doubt(of_several_labels(0.6, 200, *counts)) == ""


def test_several_labels_that_no_image_has_are_doubted():
    assert doubt(of_several_labels(0.0, 5, 0, 0))
