"""Asks an exported SavedModel about photographs, here or in TensorFlow Serving."""

import base64
import concurrent.futures
import dataclasses
import http.client
import json
import re
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import tensorflow as tf
from tqdm import tqdm

from bit_keras.data import copies
from bit_keras.errors import InputError
from bit_keras.export.extras import extra
from bit_keras.export.names import require_no_pattern
from bit_keras.export.serving import PACKAGE

SECONDS = 60
# Photographs under way at a time; a server puts them together.
AT_A_TIME = 8
# The signature that is asked, and its input.
SIGNATURE, INPUT = "serving_default", "image_bytes"
# What reading the answer of a foreign model raises.
FOREIGN = (IndexError, KeyError, TypeError, ValueError, tf.errors.OpError)


@dataclasses.dataclass(frozen=True)
class Answer:
    """What a model says of one photograph.

    Args:
        classes: list of (name, probability), the most probable first; empty if the file
            cannot be read.
        several: whether the model is for several labels per image.
    """

    classes: list
    several: bool


def connect(server, model):
    """Gives the client of a server.

    Args:
        server: HOST:PORT for gRPC, or http://HOST:PORT for REST.
        model: name of the model in the server.

    Returns:
        a function from the contents of a file to its `Answer`, which raises
        `InputError` if the server does not answer.

    Raises:
        InputError: if it is neither, or a package is missing.
    """
    if re.fullmatch(r"https?://[^/]+/?", server):
        return Rest(server.rstrip("/"), model)
    if re.fullmatch(r"(\[[^\]]+\]|[^:/\s]+):\d+", server):
        return Grpc(server, model)
    raise InputError(
        "--server takes HOST:8500 for gRPC, or http://HOST:8501 for REST. "
        f"Received: {server}"
    )


class Grpc:
    """A client of TensorFlow Serving's PredictionService."""

    def __init__(self, address, model):
        purpose = "--server HOST:PORT (but not http://HOST:PORT)"
        self.grpc = extra("grpc", "grpcio", purpose)
        apis = "tensorflow_serving.apis"
        services = extra(f"{apis}.prediction_service_pb2_grpc", PACKAGE, purpose)
        self.messages = extra(f"{apis}.predict_pb2", PACKAGE, purpose)
        # Answers about many classes are long.
        options = [("grpc.max_receive_message_length", -1)]
        channel = self.grpc.insecure_channel(address, options)
        self.service = services.PredictionServiceStub(channel)
        self.address, self.model = address, model

    def __call__(self, contents):
        request = self.messages.PredictRequest()
        request.model_spec.name = self.model
        request.model_spec.signature_name = SIGNATURE
        request.inputs[INPUT].CopyFrom(tf.make_tensor_proto([contents]))
        try:
            outputs = self.service.Predict(request, timeout=SECONDS).outputs
        except self.grpc.RpcError as error:
            raise self._explained(error) from error
        try:
            return _answer(lambda key: tf.make_ndarray(outputs[key])[0], outputs)
        except FOREIGN as error:
            raise _foreign(f"model '{self.model}' of {self.address}") from error

    def _explained(self, error):
        codes = self.grpc.StatusCode
        if error.code() == codes.UNAVAILABLE:
            return _away(self.address, error.details())
        if error.code() == codes.DEADLINE_EXCEEDED:
            return _late(self.address)
        return _refused(self.address, self.model, error.details())


class Rest:
    """A client of TensorFlow Serving's REST interface."""

    def __init__(self, address, model):
        self.address, self.model = address, model

    def __call__(self, contents):
        instance = {INPUT: {"b64": base64.b64encode(contents).decode()}}
        question = {"signature_name": SIGNATURE, "instances": [instance]}
        request = urllib.request.Request(
            f"{self.address}/v1/models/{urllib.parse.quote(self.model)}:predict",
            json.dumps(question).encode(),
            {"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as response:
                (answer,) = json.load(response)["predictions"]
        except urllib.error.HTTPError as error:
            raise _refused(self.address, self.model, _reason(error)) from error
        except TimeoutError as error:
            raise _late(self.address) from error
        except (OSError, http.client.HTTPException) as error:
            raise _away(self.address, getattr(error, "reason", error)) from error
        except (ValueError, KeyError, TypeError) as error:
            reason = "its answer is not TensorFlow Serving's"
            raise _away(self.address, reason) from error
        try:
            return _answer(answer.__getitem__, answer)
        except FOREIGN as error:
            raise _foreign(f"model '{self.model}' of {self.address}") from error


class Local:
    """A SavedModel of `export` in this process; `InputError` if there is none."""

    def __init__(self, folder):
        self.folder = folder
        require_no_pattern(folder)
        if not (Path(folder) / "saved_model.pb").is_file():
            raise InputError(
                f"'{folder}' holds no SavedModel; name the folder of --to of export."
            )
        try:
            self.loaded = tf.saved_model.load(str(folder))
        except (OSError, ValueError, tf.errors.OpError) as error:
            raise InputError(
                f"The SavedModel '{folder}' cannot be loaded ({_one_line(error)}); "
                "export it anew."
            ) from error
        if SIGNATURE not in self.loaded.signatures:
            raise InputError(
                f"The SavedModel '{folder}' has no signature {SIGNATURE} for files."
            )
        self(b"")  # prepares the graph, which every thread would do for itself

    def __call__(self, contents):
        ask = self.loaded.signatures[SIGNATURE]
        try:
            answer = ask(**{INPUT: tf.constant([contents])})
            return _answer(lambda key: answer[key].numpy()[0], answer)
        except FOREIGN as error:
            raise _foreign(f"SavedModel '{self.folder}'") from error


def answers(ask, paths):
    """Asks about photographs, a few at a time.

    Args:
        ask: `Grpc`, `Rest` or `Local`.
        paths: list of files.

    Yields:
        the `Answer` of each file, in their order.

    Raises:
        InputError: if the server does not answer.
    """
    with concurrent.futures.ThreadPoolExecutor(AT_A_TIME) as pool:
        try:
            yield from tqdm(
                pool.map(lambda path: ask(_contents(path)), paths),
                desc="predicting",
                total=len(paths),
                unit="photo",
                delay=1,
                leave=False,
            )
        finally:
            pool.shutdown(cancel_futures=True)


def _answer(value_of, keys):
    """Gives the `Answer` of one row of outputs; raises one of `FOREIGN`."""
    names = [tf.compat.as_text(name) for name in value_of("classes")]
    pairs = list(zip(names, map(float, value_of("scores")), strict=True))
    if not pairs:
        raise ValueError("no classes")
    return Answer(pairs if names[0] else [], "threshold" in keys)


def _contents(path):
    try:
        return copies.readable(Path(path).read_bytes())
    except (OSError, InputError):
        return b""  # which no model can read either


def _reason(error):
    text = error.read().decode("utf-8", "replace")
    try:
        return json.loads(text)["error"]
    except (ValueError, KeyError, TypeError):
        return f"{error.code} {error.reason}"


def _away(address, reason):
    return InputError(
        f"No TensorFlow Serving answers at {address} ({_one_line(reason)}); start it, "
        "or name its place: HOST:8500 for gRPC, http://HOST:8501 for REST."
    )


def _late(address):
    return InputError(f"The server at {address} did not answer within {SECONDS} s.")


def _refused(address, model, reason):
    return InputError(
        f"The server at {address} refuses to answer with its model '{model}' "
        f"({_one_line(reason)}); --model NAME names another."
    )


def _foreign(what):
    return InputError(
        f"The {what} does not answer a file with classes and scores; name one that "
        "export wrote."
    )


def _one_line(reason):
    return " ".join(str(reason).split())[:300]
