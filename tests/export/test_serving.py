import numpy as np
import pytest
import tensorflow as tf
from google.protobuf import text_format
from tensorflow_serving.apis import prediction_log_pb2
from tensorflow_serving.config import model_server_config_pb2

from bit_keras.errors import InputError
from bit_keras.export import save_for_serving
from bit_keras.export.serving import require_serving, save_warm_up, write_configuration


@pytest.fixture(scope="module")
def folder(trained, tmp_path_factory):
    folder = tmp_path_factory.mktemp("served") / "pets" / "1"
    save_for_serving(trained, folder)
    save_warm_up(trained, folder, "pets")
    return folder


def test_warm_up_requests_are_answered_by_every_signature(folder):
    loaded = tf.saved_model.load(str(folder))
    path = folder / "assets.extra" / "tf_serving_warmup_requests"
    answered = set()
    for record in tf.data.TFRecordDataset(str(path)):
        log = prediction_log_pb2.PredictionLog.FromString(record.numpy())
        request = log.predict_log.request
        assert request.model_spec.name == "pets"
        inputs = {k: tf.constant(tf.make_ndarray(v)) for k, v in request.inputs.items()}
        signature = request.model_spec.signature_name
        outputs = loaded.signatures[signature](**inputs)
        (count,) = {len(value) for value in outputs.values()}
        answered.add((signature, count))
        values = outputs.get("probabilities", outputs.get("features"))
        assert np.isfinite(values).all()
    names = {"serving_default", "images", "features"}
    assert answered == {(name, count) for name in names for count in (1, 32)}


def models_in(folder):
    text = (folder / "models.config").read_text()
    config = text_format.Parse(text, model_server_config_pb2.ModelServerConfig())
    return {m.name: m.base_path for m in config.model_config_list.config}


def test_every_model_of_the_folder_is_configured(tmp_path):
    for name in ('odd "name"', "pets"):
        for version in ("1", "02", "draft"):
            (tmp_path / name / version).mkdir(parents=True)
            (tmp_path / name / version / "saved_model.pb").touch()
    (tmp_path / "no model" / "1").mkdir(parents=True)
    (tmp_path / "no version" / "draft").mkdir(parents=True)
    (tmp_path / "no version" / "draft" / "saved_model.pb").touch()
    write_configuration(tmp_path)
    assert models_in(tmp_path) == {
        'odd "name"': '/models/odd "name"',
        "pets": "/models/pets",
    }


def test_what_the_user_changed_stays(tmp_path):
    (tmp_path / "batching.config").write_text("mine")
    write_configuration(tmp_path)
    write_configuration(tmp_path)
    assert (tmp_path / "batching.config").read_text() == "mine"
    assert "tensorflow/serving" in (tmp_path / "docker-compose.yml").read_text()


@pytest.mark.parametrize(
    "folder", ["served/pets", "1", "../1", "served/pets/v1", "pets/-1"]
)
def test_a_folder_without_name_and_version_is_refused(folder):
    with pytest.raises(InputError, match="wants NAME/VERSION with a number last"):
        require_serving(folder)


def test_a_name_and_a_version_are_taken():
    require_serving("served/pets/12")
