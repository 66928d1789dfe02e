"""Pictures of examples for a report."""

import numpy as np

from bit_keras.evaluation.multi_label import most_confident_wrong_answers
from bit_keras.evaluation.single_label import most_confident_mistakes
from bit_keras.reports.heat_maps import largest_of, overlay


def mistakes_with_pictures(predictions, examples, class_names, heat_map=None):
    """Gives the most confident mistakes with their pictures and class names.

    Args:
        predictions: `Predictions`.
        examples: see `bit_keras.data.examples`.
        class_names: in the order of the logits.
        heat_map: function from an image (height, width, channels) and two class
            numbers to the part of the image that the network sees and the heat map of
            the one class against the other, or, where this is None, of its logit.

    Returns:
        list of dicts for `write_run_report`: image uint8 (height, width, 3), label,
        predicted and probability, and with `heat_map` also overlay, the map of what was
        predicted against what is so, and largest, the logit of its full colours. Where
        images have several labels, label and predicted are "cat" and "no cat", or the
        other way round, and the map is that of cat.
    """
    if predictions.multi_label:
        return [
            {
                **_pictures(examples, mistake["index"], heat_map, mistake["label"]),
                **_contrary(class_names[mistake["label"]], mistake["present"]),
                "probability": mistake["probability"],
            }
            for mistake in most_confident_wrong_answers(predictions)
        ]
    return [
        {
            **_pictures(
                examples,
                mistake["index"],
                heat_map,
                mistake["predicted"],
                mistake["label"],
            ),
            "label": class_names[mistake["label"]],
            "predicted": class_names[mistake["predicted"]],
            "probability": mistake["probability"],
        }
        for mistake in most_confident_mistakes(predictions)
    ]


def _pictures(examples, index, heat_map, number, against=None):
    image = np.asarray(examples.image(index))
    pictures = {"image": as_rgb(image)}
    if heat_map is not None:
        seen, signed = heat_map(image, number, against)
        largest = largest_of(signed)
        pictures["overlay"] = overlay(as_rgb(seen), signed, largest)
        pictures["largest"] = largest
    return pictures


def _contrary(name, present):
    if present:
        return {"label": name, "predicted": f"no {name}"}
    return {"label": f"no {name}", "predicted": name}


def as_rgb(image):
    """Gives an image, (height, width, channels) in 0..255, as uint8 with 3 channels."""
    pixels = np.clip(np.asarray(image), 0, 255).astype("uint8")
    # Of other channel counts the first channel is shown, in gray.
    return pixels if pixels.shape[-1] == 3 else np.repeat(pixels[..., :1], 3, axis=-1)
