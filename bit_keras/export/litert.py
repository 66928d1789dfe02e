"""LiteRT (TensorFlow Lite): for phones and boards; float, half, or calibrated int8."""

import contextlib
import io
import tempfile
import warnings
from pathlib import Path

import tensorflow as tf

from bit_keras.errors import InputError
from bit_keras.export.answers import of_one_size
from bit_keras.export.extras import extra
from bit_keras.export.format import Format
from bit_keras.silence import silent_stderr

FILE = "model.tflite"
RUNTIME = ("ai_edge_litert.interpreter", "ai-edge-litert")
# Where the multiplications are. The statistics of GroupNorm span more than 256 steps
# can tell apart, and LiteRT's own int8 reciprocal root stops the process at a 0.
IN_INT8 = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")


def save_litert(trained, folder, precision="float32", calibration=None):
    """Writes `model.tflite`.

    Its signature takes `images`, float32 (batch, crop, crop, channels) in 0..255, and
    gives `probabilities`, float32 (batch, classes), at every precision. float16 keeps
    the weights in half precision; int8 keeps weights and inputs of convolutions and
    dense layers in 8 bits, and normalisations in float32.

    Args:
        trained: `bit_keras.training.trained.Trained`.
        folder: a folder.
        precision: "float32", "float16" or "int8".
        calibration: of int8: images uint8 (images, crop, crop, channels) whose values
            the ranges are taken from.

    Raises:
        InputError: if a package is missing, the network is too large, or there is
            nothing to calibrate on.
    """
    if precision == "int8" and calibration is None:
        raise InputError(
            "int8 is calibrated on real images, and there are none; name photographs "
            "with --images."
        )
    extra(*RUNTIME, "LiteRT")  # before the work, not after
    quantize = _quantizer() if precision == "int8" else None
    module = of_one_size(trained, "a LiteRT file")
    with tempfile.TemporaryDirectory() as saved, _quiet():
        tf.saved_model.save(module, saved, signatures=module.answer)
        converter = tf.lite.TFLiteConverter.from_saved_model(saved)
        if precision == "float16":
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
            converter.target_spec.supported_types = [tf.float16]
        content = converter.convert()
    if precision == "int8":
        content = quantize(content, calibration)
    (Path(folder) / FILE).write_bytes(content)


def _quantizer():
    """Gives the function from a LiteRT file and images to the file in int8."""
    package, purpose = "ai-edge-quantizer", "LiteRT in int8"
    quantizer = extra("ai_edge_quantizer.quantizer", package, purpose)
    names = extra("ai_edge_quantizer.qtyping", package, purpose)

    def quantize(content, calibration):
        work = quantizer.Quantizer(bytearray(content))
        for name in IN_INT8:
            work.add_static_config(".*", names.TFLOperationName[name], 8, 8)
        images = [{"images": image[None]} for image in calibration.astype("float32")]
        with _quiet():
            ranges = work.calibrate({"serving_default": images})
            return bytes(work.quantize(ranges).quantized_model)

    return quantize


@contextlib.contextmanager
def _quiet():
    """Keeps bars, sizes and advice to developers of these packages from the user."""
    silence = io.StringIO()
    with (
        silent_stderr(),
        contextlib.redirect_stdout(silence),
        contextlib.redirect_stderr(silence),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        yield


def open_litert(folder):
    """Gives what `save_litert` wrote as a function from images to probabilities.

    Raises:
        InputError: if a package is missing.
    """
    litert = extra(*RUNTIME, "LiteRT")
    interpreter = litert.Interpreter(model_path=str(Path(folder) / FILE))
    ask = interpreter.get_signature_runner()

    def run(images):
        with silent_stderr():  # at the first question it tells of a delegate
            return ask(images=images.astype("float32"))["probabilities"]

    return run


FORMAT = Format(
    name="litert",
    kind="A LiteRT file",
    save=save_litert,
    read=open_litert,
    output="probabilities",
    options=("precision", "calibration"),
    converted=True,
)
