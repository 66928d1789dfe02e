"""ONNX: for runtimes that are not TensorFlow's."""

from pathlib import Path

import numpy as np

from bit_keras.export.answers import of_one_size
from bit_keras.export.extras import extra
from bit_keras.export.format import Format

FILE = "model.onnx"


def save_onnx(trained, folder):
    """Writes `model.onnx`.

    Its input is `images`, float32 (batch, crop, crop, channels) in 0..255, and its
    output `probabilities`, float32 (batch, classes).

    Args:
        trained: `bit_keras.training.trained.Trained`.
        folder: a folder.

    Raises:
        InputError: if a package is missing, or the network is too large.
    """
    onnx = extra("onnx", "onnx", "ONNX")
    convert = extra("tf2onnx.convert", "tf2onnx", "ONNX")
    extra("onnxruntime", "onnxruntime", "ONNX")  # before the work, not after
    module = of_one_size(trained, "an ONNX file")
    model, _ = convert.from_function(module.answer, module.answer.input_signature)
    _keep_zeros_around_maxima(onnx, model.graph)
    onnx.save(model, Path(folder) / FILE)


def _keep_zeros_around_maxima(onnx, graph):
    """Pads with the least positive number, where a maximum is taken of the padding.

    BiT pads its root with zeros. ONNX Runtime would merge them with the pooling, whose
    own padding never is the maximum: github.com/microsoft/onnxruntime/issues/24737.
    """
    least = onnx.numpy_helper.from_array(np.finfo("float32").tiny, "least_positive")
    made_by = {output: node for node in graph.node for output in node.output}
    for node in graph.node:
        padding = made_by.get(node.input[0]) if node.op_type == "MaxPool" else None
        if padding is not None and padding.op_type == "Pad":
            if least.name not in {array.name for array in graph.initializer}:
                graph.initializer.append(least)
            del padding.input[2:]
            padding.input.append(least.name)


def open_onnx(folder):
    """Gives what `save_onnx` wrote as a function from images to probabilities.

    Raises:
        InputError: if a package is missing.
    """
    runtime = extra("onnxruntime", "onnxruntime", "ONNX")
    session = runtime.InferenceSession(Path(folder) / FILE)

    def run(images):
        return session.run(["probabilities"], {"images": images.astype("float32")})[0]

    return run


FORMAT = Format(
    name="onnx",
    kind="An ONNX file",
    save=save_onnx,
    read=open_onnx,
    output="probabilities",
    converted=True,
)
