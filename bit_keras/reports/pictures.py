"""Pictures of examples for a report."""

import numpy as np

from bit_keras.evaluation.multi_label import most_confident_wrong_answers
from bit_keras.evaluation.single_label import most_confident_mistakes


def mistakes_with_pictures(predictions, examples, class_names):
    """Gives the most confident mistakes with their pictures and class names.

    Returns:
        list of dicts for `write_run_report`: image uint8 (height, width, 3), label,
        predicted and probability. Where images have several labels, label and
        predicted are "cat" and "no cat", or the other way round.
    """
    if predictions.multi_label:
        return [
            {
                "image": _as_rgb(examples.image(mistake["index"])),
                **_contrary(class_names[mistake["label"]], mistake["present"]),
                "probability": mistake["probability"],
            }
            for mistake in most_confident_wrong_answers(predictions)
        ]
    return [
        {
            "image": _as_rgb(examples.image(mistake["index"])),
            "label": class_names[mistake["label"]],
            "predicted": class_names[mistake["predicted"]],
            "probability": mistake["probability"],
        }
        for mistake in most_confident_mistakes(predictions)
    ]


def _contrary(name, present):
    if present:
        return {"label": name, "predicted": f"no {name}"}
    return {"label": f"no {name}", "predicted": name}


def _as_rgb(image):
    pixels = np.clip(np.asarray(image), 0, 255).astype("uint8")
    # Of other channel counts the first channel is shown, in gray.
    return pixels if pixels.shape[-1] == 3 else np.repeat(pixels[..., :1], 3, axis=-1)
