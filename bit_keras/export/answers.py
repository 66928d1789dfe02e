"""What a network answers: the measure of everything that is exported."""

import dataclasses

import numpy as np
import tensorflow as tf

from bit_keras.data import images
from bit_keras.errors import InputError
from bit_keras.losses import probabilities
from bit_keras.models import endpoint, for_inference

# What one file of protocol or flat buffers can hold.
LARGEST_FILE = 2**31


def utf8_names(trained):
    """Gives the class names in UTF-8, which JSON needs, each in one line.

    What is no Unicode becomes "?".
    """
    lines = (" ".join(name.splitlines()) for name in trained.class_names)
    return [line.encode("utf-8", "replace") for line in lines]


def answer_of(trained, pixels, output="probabilities"):
    """Gives what an export is to answer, as an array (images, values).

    Args:
        trained: `bit_keras.training.trained.Trained`.
        pixels: any real dtype (images, crop, crop, channels), 0..255.
        output: "probabilities", "logits" or "features".
    """
    if output == "features":
        return endpoint(trained.model, "pre_logits").predict_on_batch(pixels)
    logits = trained.model.predict_on_batch(pixels)
    return logits if output == "logits" else probabilities(logits, trained.loss).numpy()


def network_graph(trained, dtype=None):
    """Gives one graph for batches of any length of images of the network's own size.

    Args:
        trained: `bit_keras.training.trained.Trained`.
        dtype: what every layer computes in, instead of the model's own policies.

    Returns:
        a `tf.function` of `images`, float32 (batch, crop, crop, channels) in 0..255,
        that gives {"probabilities": float32 (batch, classes)}, and its `keras.Model`.
    """
    network = for_inference(trained.model, dtype)
    shape = [None, trained.crop, trained.crop, trained.model.input_shape[-1]]

    @tf.function(input_signature=[tf.TensorSpec(shape, tf.float32, "images")])
    def answer(images):
        logits = network(images, training=False)
        return {"probabilities": probabilities(logits, trained.loss)}

    return answer, network


def of_one_size(trained, form):
    """Gives a `tf.Module` whose `answer` is that of `network_graph`, in float32.

    Args:
        trained: `bit_keras.training.trained.Trained`.
        form: what it is for, for the error.

    Raises:
        InputError: if the weights are too many for one file.
    """
    size = 4 * trained.model.count_params()
    if size >= LARGEST_FILE:
        raise InputError(
            f"The weights of '{trained.name}' take {size / 1e9:.1f} GB, and {form} "
            "holds 2.1 GB at most; export a SavedModel."
        )
    module = tf.Module()
    # Neither LiteRT nor, of bfloat16, ONNX Runtime can take mixed precision.
    module.answer, network = network_graph(trained, dtype="float32")
    module.weights = [variable.value for variable in network.variables]
    return module


@dataclasses.dataclass(frozen=True)
class Comparison:
    """How far what an export answers is from what its network does.

    Args:
        output: "probabilities", "logits" or "features".
        difference: the largest of two values.
        agreement: number of images with the same first class; None of features.
        images: number of images.
        source: what they are, for people.
        size: of the export, in bytes.
    """

    output: str
    difference: float
    agreement: int | None
    images: int
    source: str
    size: int

    def __str__(self):
        same = ""
        if self.agreement is not None:
            same = f", and top-1 is the same for {self.agreement} of {self.images}"
        return (
            f"Reloaded, on {self.images} {self.source}, its {self.output} differ from "
            f"the network's by {self.difference:.1e} at most{same}."
        )


def compare(trained, answer, samples, output, size, whole=False):
    """Asks an export and its network about the same images.

    Args:
        trained: `bit_keras.training.trained.Trained`.
        answer: function from images, uint8 (batch, crop, crop, channels), to the
            export's answer.
        samples: `bit_keras.export.samples.Samples`.
        output, size: as in `Comparison`.
        whole: as in `Format`; such an export takes the images for photographs.
    """
    pixels = samples.compared
    if whole:
        pixels = images.preprocess(pixels, trained.preprocessing)
    expected = answer_of(trained, pixels, output)
    found = answer(samples.compared)
    agree = np.argmax(expected, -1) == np.argmax(found, -1)
    return Comparison(
        output=output,
        difference=float(np.abs(expected - found).max()),
        agreement=None if output == "features" else int(agree.sum()),
        images=len(expected),
        source=samples.source,
        size=size,
    )
