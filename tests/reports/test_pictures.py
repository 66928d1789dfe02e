import numpy as np

from bit_keras.data.examples import ArrayExamples
from bit_keras.evaluation.running import Predictions
from bit_keras.reports.pictures import mistakes_with_pictures

PIXELS = (
    np.full((3, 4, 4, 3), 7, "uint8") * np.arange(3, dtype="uint8")[:, None, None, None]
)


def told(probabilities, labels):
    """(shade, label, predicted, probability in %) of every mistake."""
    labels = np.array(labels)
    mistakes = mistakes_with_pictures(
        Predictions(np.float32(probabilities), labels),
        ArrayExamples(PIXELS, labels),
        ["cat", "dog"],
    )
    return [
        (m["image"].max(), m["label"], m["predicted"], round(100 * m["probability"]))
        for m in mistakes
    ]


def test_a_mistake_is_shown_with_the_class_it_has_and_the_one_it_was_given():
    mistakes = told([[0.3, 0.7], [0.6, 0.4], [0.1, 0.9]], [1, 1, 0])
    assert mistakes == [(14, "cat", "dog", 90), (7, "dog", "cat", 60)]


def test_of_several_labels_the_one_that_is_wrong_is_named():
    mistakes = told([[0.3, 0.7], [0.6, 0.4], [0.1, 0.9]], [[0, 1], [0, 0], [1, 1]])
    assert mistakes == [(14, "cat", "no cat", 90), (7, "no cat", "cat", 60)]


def test_a_mistake_has_the_map_of_the_predicted_class_against_the_true_one():
    asked = []

    def heat_map(image, number, against):
        asked.append((int(image.max()), number, against))
        return image, np.array([[-2.5, 1.0]])

    predictions = Predictions(np.float32([[0.3, 0.7], [0.6, 0.4]]), np.array([0, 0]))
    examples = ArrayExamples(PIXELS[1:], np.array([0, 0]))
    (told,) = mistakes_with_pictures(predictions, examples, ["cat", "dog"], heat_map)
    assert asked == [(7, 1, 0)]
    assert told["largest"] == 2.5
    assert told["overlay"].shape == told["image"].shape
