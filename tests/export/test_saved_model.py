import dataclasses
import json
import pathlib
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from tensorflow.core.protobuf import saved_model_pb2

import bit_keras as bk
from bit_keras.export import save_for_serving
from bit_keras.export.saved_model import open_saved_model
from bit_keras.preprocessing import Preprocessing
from bit_keras.training.trained import open_trained

C_LOADER = pathlib.Path(__file__).with_name("c_loader.py")


@pytest.fixture(scope="module")
def folder(trained, tmp_path_factory):
    folder = tmp_path_factory.mktemp("served") / trained.model.name / "1"
    save_for_serving(trained, folder)
    return folder


@pytest.fixture(scope="module")
def loaded(folder):
    return tf.saved_model.load(str(folder))


@pytest.fixture(scope="module")
def photo(tmp_path_factory):
    """A JPEG of 40 x 30 pixels."""
    path = tmp_path_factory.mktemp("photo") / "photo.jpg"
    pixels = np.random.default_rng(1).integers(0, 256, (30, 40, 3), "uint8")
    Image.fromarray(pixels).save(path, quality=90)
    return path


def answer(loaded, signature="serving_default", **inputs):
    given = {name: tf.constant(values) for name, values in inputs.items()}
    answers = loaded.signatures[signature](**given)
    return {name: value.numpy() for name, value in answers.items()}


def expected(trained, pixels):
    image = bk.data.images.preprocess(pixels[None], trained.preprocessing)
    return tf.nn.softmax(trained.model(image, training=False)).numpy()[0]


def test_a_file_and_its_pixels_have_the_answer_of_the_network(trained, loaded, photo):
    contents = photo.read_bytes()
    pixels = bk.data.images.decode(tf.constant(contents)).numpy()
    by_file = answer(loaded, image_bytes=[contents])
    by_pixels = answer(loaded, "images", images=pixels[None])
    probabilities = expected(trained, pixels)
    for found in (by_file, by_pixels):
        np.testing.assert_allclose(found["probabilities"][0], probabilities, atol=1e-5)
        order = np.argsort(-probabilities)
        names = [trained.class_names[i] for i in order]
        assert [name.decode() for name in found["classes"][0]] == names
        np.testing.assert_allclose(found["scores"][0], probabilities[order], atol=1e-5)


def test_features_are_what_the_head_gets(trained, loaded, photo):
    found = answer(loaded, "features", image_bytes=[photo.read_bytes()])["features"]
    head = trained.model.get_layer("logits")
    logits = found @ head.kernel.numpy() + head.bias.numpy()
    image = bk.data.images.decode(tf.constant(photo.read_bytes())).numpy()
    np.testing.assert_allclose(
        tf.nn.softmax(logits)[0], expected(trained, image), atol=1e-5
    )


@pytest.mark.parametrize("bad", [b"", b"no image", b"\xff\xd8\xff\xe0 cut off"])
def test_a_file_that_cannot_be_read_leaves_its_neighbours(loaded, photo, bad):
    good = photo.read_bytes()
    alone = answer(loaded, image_bytes=[good])
    found = answer(loaded, image_bytes=[good, bad, good])
    for name in ("probabilities", "scores"):
        assert np.isnan(found[name][1]).all()
        for row in (0, 2):
            np.testing.assert_allclose(found[name][row], alone[name][0], atol=1e-6)
    assert (found["classes"][1] == b"").all()
    assert (found["classes"][2] == alone["classes"][0]).all()
    features = answer(loaded, "features", image_bytes=[bad, good])["features"]
    assert np.isnan(features[0]).all()
    assert np.isfinite(features[1]).all()


@pytest.mark.parametrize("files", [[b"no image", b""], []])
def test_a_batch_without_an_image_is_answered(loaded, files):
    found = answer(loaded, image_bytes=np.array(files, object))
    assert found["probabilities"].shape == (len(files), 3)
    assert np.isnan(found["probabilities"]).all()
    assert (found["classes"] == b"").all()


def test_a_decompression_bomb_is_not_decoded(loaded, tmp_path):
    Image.new("1", (20_001, 20_001)).save(tmp_path / "bomb.png")
    found = answer(loaded, image_bytes=[(tmp_path / "bomb.png").read_bytes()])
    assert np.isnan(found["probabilities"]).all()


def test_class_names_are_an_asset_in_their_order(folder, trained):
    text = (folder / "assets" / "classes.txt").read_text("utf-8")
    assert text.splitlines() == list(trained.class_names)


def test_kernels_are_standardized_once_and_for_all(trained_of, tmp_path):
    save_for_serving(trained_of("bit"), tmp_path / "1")
    loaded = tf.saved_model.load(str(tmp_path / "1"))
    kernels = [v for v in loaded.weights if len(v.shape) == 4]
    assert kernels
    for kernel in kernels:
        np.testing.assert_allclose(tf.reduce_mean(kernel, (0, 1, 2)), 0, atol=1e-5)
        np.testing.assert_allclose(tf.math.reduce_std(kernel, (0, 1, 2)), 1, atol=1e-3)


def test_sigmoids_answer_for_networks_of_several_labels(trained_of, tmp_path, photo):
    trained = trained_of("bit", "sigmoid", multi_label=True)
    save_for_serving(trained, tmp_path / "1")
    found = answer(
        tf.saved_model.load(str(tmp_path / "1")), image_bytes=[photo.read_bytes()]
    )
    pixels = bk.data.images.decode(tf.constant(photo.read_bytes()))
    image = bk.data.images.resize(pixels[None], (32, 32))
    np.testing.assert_allclose(
        found["probabilities"], tf.sigmoid(trained.model(image)), atol=1e-5
    )


def test_of_several_labels_all_that_are_likely_are_named(
    trained_of, tmp_path, photo, monkeypatch
):
    monkeypatch.setattr("bit_keras.export.saved_model.TOP", 1)
    trained = trained_of("bit", "sigmoid", multi_label=True)
    trained.model.get_layer("logits").bias.assign([20, -9, 9])
    save_for_serving(trained, tmp_path / "1")
    loaded = tf.saved_model.load(str(tmp_path / "1"))
    found = answer(loaded, image_bytes=[photo.read_bytes(), b"no image"])
    assert found["classes"].tolist()[0] == [b"cat", "größer".encode()]
    np.testing.assert_array_equal(found["threshold"], [0.5, np.nan])
    assert answer(loaded, image_bytes=[b"no image"])["classes"].shape[0] == 1


def test_single_labels_trained_with_sigmoids_have_the_first_names(
    trained_of, tmp_path, photo, monkeypatch
):
    monkeypatch.setattr("bit_keras.export.saved_model.TOP", 1)
    trained = trained_of("bit", "sigmoid")
    trained.model.get_layer("logits").bias.assign([20, -9, 9])
    save_for_serving(trained, tmp_path / "1")
    loaded = tf.saved_model.load(str(tmp_path / "1"))
    found = answer(loaded, image_bytes=[photo.read_bytes()])
    assert found["classes"].tolist() == [[b"cat"]]
    assert "threshold" not in found
    np.testing.assert_allclose(found["probabilities"], [[1, 0, 1]], atol=1e-3)


def test_images_become_the_square_as_for_the_network_itself(
    trained_of, tmp_path, photo
):
    centre = Preprocessing(crop=32, share=0.7, interpolation="bicubic", antialias=True)
    trained = dataclasses.replace(trained_of("bit"), preprocessing=centre)
    save_for_serving(trained, tmp_path / "1")
    loaded = tf.saved_model.load(str(tmp_path / "1"))
    pixels = bk.data.images.decode(tf.constant(photo.read_bytes())).numpy()
    right = expected(trained, pixels)
    assert np.abs(right - expected(trained_of("bit"), pixels)).max() > 1e-3
    by_file = answer(loaded, image_bytes=[photo.read_bytes()])
    by_pixels = answer(loaded, "images", images=pixels[None])
    for found in (by_file, by_pixels):
        np.testing.assert_allclose(found["probabilities"][0], right, atol=1e-5)


def test_it_runs_where_this_package_is_not(folder, photo, loaded, tmp_path):
    code = (
        "import sys, numpy, tensorflow as tf\n"
        "model = tf.saved_model.load(sys.argv[1])\n"
        "files = tf.constant([open(sys.argv[2], 'rb').read()])\n"
        "found = model.signatures['serving_default'](image_bytes=files)\n"
        "numpy.save(sys.argv[3], found['probabilities'])\n"
        "assert not any('bit_keras' in name for name in sys.modules)"
    )
    words = [sys.executable, "-c", code, folder, photo, tmp_path / "found.npy"]
    subprocess.run(words, cwd=tmp_path, check=True, capture_output=True)
    found = np.load(tmp_path / "found.npy", allow_pickle=False)
    here = answer(loaded, image_bytes=[photo.read_bytes()])["probabilities"]
    np.testing.assert_allclose(found, here, atol=1e-6)


def test_the_loader_of_tensorflow_serving_answers_the_same(folder, photo, loaded):
    content = (folder / "saved_model.pb").read_bytes()
    graphs = saved_model_pb2.SavedModel.FromString(content).meta_graphs
    ends = graphs[0].signature_def["serving_default"]
    words = [sys.executable, C_LOADER, folder, ends.inputs["image_bytes"].name]
    words += [ends.outputs["probabilities"].name, photo, C_LOADER, photo]
    done = subprocess.run(words, check=True, capture_output=True, text=True)
    told = json.loads(done.stdout)
    assert told["imported"] == []
    here = answer(loaded, image_bytes=[photo.read_bytes()])["probabilities"][0]
    np.testing.assert_allclose(told["rows"], [here, 0 * here + np.nan, here], atol=1e-6)


def test_it_is_read_back_as_a_function_of_images(folder, trained):
    images = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3), "uint8")
    probabilities = tf.nn.softmax(trained.model(images))
    np.testing.assert_allclose(
        open_saved_model(folder)(images), probabilities, atol=1e-5
    )


def test_odd_class_names_are_written_readably_one_in_a_line(trained_of, tmp_path):
    names = ("caf\udce9", "hot\ndog", "cat")
    trained = dataclasses.replace(trained_of("bit"), class_names=names)
    save_for_serving(trained, tmp_path / "1")
    written = (tmp_path / "1/assets/classes.txt").read_text("utf-8")
    assert written == "caf?\nhot dog\ncat\n"


def test_a_run_is_exported_with_what_predict_says(finished, pictures, tmp_path):
    trained = open_trained(run=finished.folder)
    save_for_serving(trained, tmp_path / "1")
    loaded = tf.saved_model.load(str(tmp_path / "1"))
    photo = sorted(pathlib.Path(pictures / "red").glob("[0-9].jpg"))[0]
    found = answer(loaded, image_bytes=[photo.read_bytes()])
    pixels = bk.data.images.decode(tf.constant(photo.read_bytes())).numpy()
    np.testing.assert_allclose(
        found["probabilities"][0], expected(trained, pixels), atol=1e-5
    )


def test_heat_maps_of_a_file_and_its_pixels_are_those_of_the_network(
    trained, loaded, photo
):
    contents = photo.read_bytes()
    pixels = bk.data.images.decode(tf.constant(contents)).numpy()
    by_file = answer(loaded, "explain", image_bytes=[b"no image", contents])
    by_pixels = answer(loaded, "explain_images", images=pixels[None])
    image = bk.data.images.preprocess(pixels[None], trained.preprocessing)
    logits = trained.model(image, training=False).numpy()[0]
    order = np.argsort(-logits)
    for row, found in ((1, by_file), (0, by_pixels)):
        names = [trained.class_names[i] for i in order]
        assert [name.decode() for name in found["classes"][row]] == names
        np.testing.assert_allclose(found["logits"][row], logits[order], atol=1e-4)
        for place, number in enumerate(order):
            heat_map = bk.analysis.heat_map(trained.model, image, int(number))[0]
            given = found["heat_maps"][row, place]
            np.testing.assert_allclose(given, heat_map, atol=1e-3)
            error = abs(given.mean() - found["logits"][row, place])
            assert error < 1e-5 * abs(logits).max()
    assert np.isnan(by_file["heat_maps"][0]).all()


def test_a_network_with_another_head_is_served_without_heat_maps(trained_of, tmp_path):
    trained = trained_of("batch_norm")
    inputs = trained.model.inputs[0]
    pooled = keras.layers.GlobalMaxPooling2D(name="pre_logits")(inputs)
    logits = keras.layers.Dense(3, name="logits")(pooled)
    model = keras.Model(inputs, logits)
    save_for_serving(dataclasses.replace(trained, model=model), tmp_path / "1")
    signatures = tf.saved_model.load(str(tmp_path / "1")).signatures
    assert set(signatures) == {"serving_default", "images", "features"}
