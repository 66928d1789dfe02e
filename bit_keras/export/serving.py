"""What TensorFlow Serving reads beside a SavedModel: warm-up and configuration."""

from pathlib import Path

import numpy as np
import tensorflow as tf

from bit_keras import files
from bit_keras.errors import InputError
from bit_keras.export.extras import extra

PACKAGE = "tensorflow-serving-api"
WARM_UP = Path("assets.extra") / "tf_serving_warmup_requests"
# A request alone, and one as large as the server puts together.
WARM_UP_BATCHES = (1, 32)
BATCHING = """\
# Requests that come together are answered together. This suits files (serving_default
# and features); requests of the signature `images` go together only if all images have
# one size, so that clients with images of several sizes do without --enable_batching.
# One request with more images than max_batch_size is refused.
max_batch_size { value: 32 }
batch_timeout_micros { value: 2000 }
max_enqueued_batches { value: 100 }
num_batch_threads { value: 4 }
"""
COMPOSE = """\
# docker compose up: gRPC at port 8500, REST at port 8501.
services:
  serving:
    image: tensorflow/serving:latest
    command:
      - --model_config_file=/models/models.config
      - --enable_batching=true
      - --batching_parameters_file=/models/batching.config
    ports:
      - "8500:8500"
      - "8501:8501"
    volumes:
      - .:/models:ro
"""


def require_serving(folder):
    """Raises `InputError` if TensorFlow Serving could not serve from a folder.

    It wants NAME/VERSION, with a number last; the warm-up requests want a package.
    """
    _messages()
    folder = Path(folder)
    named = folder.parent.name not in ("", "..")
    if not (named and folder.name.isascii() and folder.name.isdigit()):
        raise InputError(
            "TensorFlow Serving wants NAME/VERSION with a number last, such as --to "
            f"served/pets/1. Received: {folder}"
        )


def save_warm_up(trained, folder, name):
    """Adds requests with which the server fills its caches before the first real one.

    They hold images of noise, in every signature.

    Args:
        trained: `bit_keras.training.trained.Trained`.
        folder: of a SavedModel.
        name: of the model in the server.

    Raises:
        InputError: if a package is missing.
    """
    channels = trained.model.input_shape[-1]
    shape = (trained.crop, trained.crop, channels)
    pixels = np.random.default_rng(0).integers(0, 256, shape, "uint8")
    inputs = {"images": ("images", pixels)}
    if channels == 3:
        file = tf.io.encode_jpeg(pixels).numpy()
        inputs["serving_default"] = inputs["features"] = ("image_bytes", file)
    path = Path(folder) / WARM_UP
    path.parent.mkdir(exist_ok=True)
    with tf.io.TFRecordWriter(str(path)) as writer:
        for signature, (key, value) in inputs.items():
            for count in WARM_UP_BATCHES:
                log = _messages().PredictionLog()
                request = log.predict_log.request
                request.model_spec.name = name
                request.model_spec.signature_name = signature
                batch = tf.make_tensor_proto(np.stack([value] * count))
                request.inputs[key].CopyFrom(batch)
                writer.write(log.SerializeToString())


def _messages():
    return extra("tensorflow_serving.apis.prediction_log_pb2", PACKAGE, "--serving")


def write_configuration(folder):
    """Writes models.config, batching.config and docker-compose.yml.

    Args:
        folder: whose every NAME/VERSION with a SavedModel becomes a served model.

    Raises:
        InputError: if a file cannot be written.
    """
    folder = Path(folder)
    found = folder.glob("*/*/saved_model.pb")
    names = {path.parts[-3] for path in found if path.parts[-2].isdigit()}
    models = "".join(
        f"  config {{\n    name: {_quoted(name)}\n"
        f"    base_path: {_quoted(f'/models/{name}')}\n"
        '    model_platform: "tensorflow"\n  }\n'
        for name in sorted(names)
    )
    files.write(folder / "models.config", f"model_config_list {{\n{models}}}\n")
    # What the user may have changed stays.
    for name, text in (("batching.config", BATCHING), ("docker-compose.yml", COMPOSE)):
        if not (folder / name).exists():
            files.write(folder / name, text)


def _quoted(text):
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
