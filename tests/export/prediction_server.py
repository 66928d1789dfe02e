"""TensorFlow Serving's two interfaces over a SavedModel, in this process.

It stands in for tensorflow_model_server where that cannot be had: the messages are the
real ones, the server is not.
"""

import base64
import concurrent.futures
import contextlib
import http.server
import json
import re
import threading

import grpc
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

UNLIMITED = [("grpc.max_receive_message_length", -1)]


class Service(prediction_service_pb2_grpc.PredictionServiceServicer):
    """Answers `Predict` as TensorFlow Serving documents it."""

    def __init__(self, folder, name):
        self.loaded = tf.saved_model.load(str(folder))
        self.name = name

    def Predict(self, request, context):  # noqa: N802, the name is the protocol's
        spec = request.model_spec
        if spec.name != self.name:
            message = f"Servable not found for request: Latest({spec.name})"
            context.abort(grpc.StatusCode.NOT_FOUND, message)
        inputs = {key: tf.make_ndarray(value) for key, value in request.inputs.items()}
        try:
            outputs = self.answer(spec.signature_name, inputs)
        except (tf.errors.OpError, TypeError, ValueError, KeyError) as error:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error)[:200])
        response = predict_pb2.PredictResponse()
        for key, value in outputs.items():
            response.outputs[key].CopyFrom(tf.make_tensor_proto(value))
        return response

    def answer(self, signature, inputs):
        function = self.loaded.signatures[signature or "serving_default"]
        given = {key: tf.constant(value) for key, value in inputs.items()}
        return {key: value.numpy() for key, value in function(**given).items()}


@contextlib.contextmanager
def grpc_server(folder, name="model"):
    """Serves a SavedModel; gives HOST:PORT."""
    pool = concurrent.futures.ThreadPoolExecutor(4)
    server = grpc.server(pool, options=UNLIMITED)
    service = Service(folder, name)
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(service, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(0).wait()
        pool.shutdown()


@contextlib.contextmanager
def rest_server(folder, name="model"):
    """Serves a SavedModel in row format; gives http://HOST:PORT.

    A request is answered only if it is what TensorFlow Serving documents: `instances`,
    each a dict of inputs, whose files are {"b64": …}, and `signature_name`.
    """
    service = Service(folder, name)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):  # noqa: N802, the name is the library's
            try:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                model = re.fullmatch("/v1/models/([^/:]+):predict", self.path).group(1)
                if model == name:
                    self.reply(200, self.predicted(json.loads(body)))
                else:
                    message = f"Servable not found for request: Latest({model})"
                    self.reply(404, {"error": message})
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                self.reply(400, {"error": f"Failed to process: {error!r}"})

        def predicted(self, question):
            if unknown := question.keys() - {"signature_name", "instances"}:
                raise ValueError(f"unknown keys {unknown}")
            (key,) = {key for instance in question["instances"] for key in instance}
            given = [instance[key] for instance in question["instances"]]
            if any(value.keys() != {"b64"} for value in given):
                raise ValueError("a file is an object with the key b64 alone")
            files = [base64.b64decode(value["b64"], validate=True) for value in given]
            outputs = service.answer(question.get("signature_name"), {key: files})
            rows = zip(*outputs.values(), strict=True)
            return {
                "predictions": [
                    {
                        name: _plain(value)
                        for name, value in zip(outputs, row, strict=True)
                    }
                    for row in rows
                ]
            }

        def reply(self, code, content):
            body = json.dumps(content).encode()
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *words):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def _plain(values):
    return [v.decode() if isinstance(v, bytes) else float(v) for v in values]
