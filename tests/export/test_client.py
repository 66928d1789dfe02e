import io
import json
import socket
import sys

import grpc
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from prediction_server import UNLIMITED, grpc_server, rest_server
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

from bit_keras.errors import InputError
from bit_keras.export import client, save_for_serving
from bit_keras.export.client import Local, answers, connect


@pytest.fixture(scope="module")
def folder(trained_of, tmp_path_factory):
    folder = tmp_path_factory.mktemp("served") / "1"
    save_for_serving(trained_of("bit"), folder)
    return folder


@pytest.fixture(scope="module")
def jpeg():
    pixels = np.random.default_rng(0).integers(0, 256, (30, 40, 3), "uint8")
    return tf.io.encode_jpeg(pixels).numpy()


@pytest.fixture(scope="module", params=[grpc_server, rest_server])
def server(request, folder):
    with request.param(folder, "pets") as address:
        yield address


def test_a_server_answers_as_the_saved_model_does(server, folder, jpeg):
    found, expected = connect(server, "pets")(jpeg), Local(folder)(jpeg)
    assert dict(found.classes) == pytest.approx(dict(expected.classes), abs=1e-6)
    assert [name for name, _ in found.classes] == [n for n, _ in expected.classes]
    assert not found.several


def test_what_cannot_be_read_is_left_out(server, jpeg, tmp_path):
    for name, contents in (("a.jpg", jpeg), ("b.jpg", b"no image"), ("c.jpg", jpeg)):
        (tmp_path / name).write_bytes(contents)
    paths = sorted(tmp_path.iterdir())
    found = answers(connect(server, "pets"), [*paths, tmp_path / "gone.jpg"])
    assert [bool(answer.classes) for answer in found] == [True, False, True, False]


def test_what_tensorflow_cannot_decode_is_converted_before_it_is_sent(server, tmp_path):
    for name in ("a.tif", "b.png"):
        Image.linear_gradient("L").convert("RGB").save(tmp_path / name)
    paths = [tmp_path / "a.tif", tmp_path / "b.png"]
    converted, plain = answers(connect(server, "pets"), paths)
    assert plain.classes
    assert converted == plain


def test_another_model_is_told_with_the_flag(server, jpeg):
    with pytest.raises(InputError, match=r"'cats' \(Servable not found.*--model NAME"):
        connect(server, "cats")(jpeg)


def test_a_photograph_of_ten_megabytes_goes_through(server):
    answer = connect(server, "pets")(np.random.default_rng(0).bytes(10_000_000))
    assert answer.classes == []


@pytest.mark.parametrize("form", ["127.0.0.1:{}", "http://127.0.0.1:{}"])
def test_a_server_that_is_away_is_told(form, jpeg):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = form.format(free.getsockname()[1])
        with pytest.raises(InputError, match=f"No TensorFlow Serving.* {address}"):
            connect(address, "pets")(jpeg)


def test_grpc_at_the_port_of_rest_and_the_reverse_are_told(folder, jpeg):
    with rest_server(folder) as address, pytest.raises(InputError, match="8501 for"):
        connect(address.removeprefix("http://"), "model")(jpeg)
    with grpc_server(folder) as address, pytest.raises(InputError, match="8501 for"):
        connect(f"http://{address}", "model")(jpeg)


def test_a_server_that_never_answers_is_given_up(jpeg, monkeypatch):
    monkeypatch.setattr(client, "SECONDS", 0.2)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        port = silent.getsockname()[1]
        with pytest.raises(InputError, match="did not answer within 0.2 s"):
            connect(f"http://127.0.0.1:{port}", "pets")(jpeg)
        with pytest.raises(InputError, match="127.0.0.1"):
            connect(f"127.0.0.1:{port}", "pets")(jpeg)


@pytest.mark.parametrize("address", ["localhost", "8500", "ftp://a:1", "http://", ""])
def test_what_is_no_address_is_refused(address):
    with pytest.raises(InputError, match="--server takes HOST:8500 for gRPC"):
        connect(address, "pets")


def test_a_folder_without_saved_model_is_refused(tmp_path):
    with pytest.raises(
        InputError, match="holds no SavedModel; name the folder of --to"
    ):
        Local(tmp_path)


@pytest.mark.parametrize("contents", [b"no graph", None])
def test_a_damaged_saved_model_is_told(folder, tmp_path, contents):
    contents = contents or (folder / "saved_model.pb").read_bytes()
    (tmp_path / "saved_model.pb").write_bytes(contents)  # and no variables
    with pytest.raises(InputError, match="cannot be loaded .*; export it anew"):
        Local(tmp_path)


class Foreign(tf.Module):
    """Answers about a file, but not as an exported network does."""

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "image_bytes")])
    def answer(self, image_bytes):
        return {"classes": image_bytes, "size": tf.strings.length(image_bytes)}

    @tf.function(input_signature=[tf.TensorSpec([None, 4], tf.float32, "measures")])
    def answer_numbers(self, measures):
        return {"sum": tf.reduce_sum(measures)}


@pytest.mark.parametrize("function", ["answer", "answer_numbers"])
def test_a_saved_model_of_something_else_is_told(tmp_path, function):
    module = Foreign()
    tf.saved_model.save(module, str(tmp_path), signatures=getattr(module, function))
    with pytest.raises(InputError, match="does not answer a file with classes and sc"):
        Local(tmp_path)


def test_a_server_of_something_else_is_told(jpeg, tmp_path):
    module = Foreign()
    tf.saved_model.save(module, str(tmp_path), signatures=module.answer)
    with grpc_server(tmp_path) as address, pytest.raises(InputError) as told:
        connect(address, "model")(jpeg)
    assert str(told.value).startswith(f"The model 'model' of {address} does not answer")


@pytest.mark.parametrize(
    "prediction",
    [
        [0.1, 0.9],
        {"probabilities": [0.1, 0.9]},
        {"classes": [], "scores": []},
        {"classes": ["cat"], "scores": [0.1, 0.9]},
        {"classes": ["cat"], "scores": ["many"]},
    ],
)
def test_rest_with_other_predictions_is_told(jpeg, monkeypatch, prediction):
    body = json.dumps({"predictions": [prediction]}).encode()
    monkeypatch.setattr(
        client.urllib.request, "urlopen", lambda *_, **__: io.BytesIO(body)
    )
    with pytest.raises(InputError, match="does not answer a file with classes and sc"):
        connect("http://localhost:8501", "pets")(jpeg)


def test_a_models_name_may_hold_any_letter(folder, jpeg):
    with rest_server(folder, "my%20gr%C3%B6%C3%9Fe") as address:
        assert connect(address, "my größe")(jpeg).classes


def test_reasons_of_several_lines_become_one(jpeg, tmp_path):
    module = Foreign()
    tf.saved_model.save(module, str(tmp_path), signatures=module.answer_numbers)
    with grpc_server(tmp_path) as address, pytest.raises(InputError) as told:
        connect(address, "model")(jpeg)
    assert "refuses to answer with its model 'model' (Binding inputs" in str(told.value)
    assert "\n" not in str(told.value)


def test_a_missing_package_is_named(monkeypatch):
    module = "tensorflow_serving.apis.prediction_service_pb2_grpc"
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(InputError, match="pip install tensorflow-serving-api"):
        connect("localhost:8500", "pets")


def hostile_messages(jpeg):
    """Yields serialised requests that no client of ours would send."""
    generator = np.random.default_rng(0)

    def message(values, key="image_bytes", signature="serving_default"):
        request = predict_pb2.PredictRequest()
        request.model_spec.name = "pets"
        request.model_spec.signature_name = signature
        request.inputs[key].CopyFrom(tf.make_tensor_proto(values))
        return request.SerializeToString()

    size = (40_000).to_bytes(4, "big")
    huge = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + size + size + b"\1\0\0\0\0" + bytes(99)
    whole = message([jpeg])
    while True:
        yield b""
        yield message([])
        yield whole[: generator.integers(1, len(whole))]
        yield generator.bytes(200)
        yield message([huge, jpeg[: generator.integers(len(jpeg))]])
        yield message([1.0])
        yield message([[jpeg]])
        yield message(jpeg)
        yield message([jpeg], key="image")
        yield message([jpeg], signature="images")
        yield message([jpeg], signature="no such")
        yield message(generator.random((1, 8, 8, 3)), "images", "images")
        yield message(np.zeros((1, 8, 8), "uint8"), "images", "images")
        yield message(np.zeros((0, 0, 0, 3), "uint8"), "images", "images")
        yield message([generator.bytes(10_000_000)])


def test_after_500_hostile_requests_good_ones_are_answered(folder, jpeg):
    expected = pytest.approx(dict(Local(folder)(jpeg).classes), abs=1e-6)
    refused = 0
    with grpc_server(folder, "pets") as address:
        channel = grpc.insecure_channel(address, UNLIMITED)
        send = channel.unary_unary("/tensorflow.serving.PredictionService/Predict")
        ask = connect(address, "pets")
        for number, message in zip(range(500), hostile_messages(jpeg), strict=False):
            try:
                send(message, timeout=60)
            except grpc.RpcError:
                refused += 1
            if number % 50 == 0:
                assert dict(ask(jpeg).classes) == expected
        assert dict(ask(jpeg).classes) == expected
        service = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        with pytest.raises(grpc.RpcError):
            service.Predict(predict_pb2.PredictRequest())
        channel.close()
    assert refused > 250


def test_a_saved_model_whose_path_is_a_pattern_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"holds \[b\], which TensorFlow takes for a"):
        Local(tmp_path / "a[b]")
