"""A network of single labels that was trained with sigmoids, in every use of it."""

import dataclasses
import json
import shutil

import numpy as np
import pytest
import tensorflow as tf

from bit_keras.export.client import Local
from bit_keras.export.samples import samples_of
from bit_keras.export.writing import FORMATS, export
from bit_keras.training import open_run
from bit_keras.training.trained import open_trained

PROBABILITIES = [0.9, 0.6, 0.2]  # of blue, green and red, for every image


@pytest.fixture(scope="module")
def run(finished, tmp_path_factory):
    """A run on single labels whose probabilities do not sum to 1."""
    folder = tmp_path_factory.mktemp("sigmoids") / "run"
    run = open_run(shutil.copytree(finished.folder, folder))
    recipe = dataclasses.replace(run.recipe, loss="sigmoid")
    run.write("recipe.json", json.loads(recipe.to_json()))
    network = run.network()
    head = network.get_layer("logits")
    odds = np.array(PROBABILITIES) / (1 - np.array(PROBABILITIES))
    head.set_weights([0 * head.get_weights()[0], np.log(odds)])
    network.save(run.folder / "model.keras")
    return run


def test_it_is_evaluated_as_single_labels(command, run, tmp_path):
    done = command("evaluate", "--run", run.folder, "--output", tmp_path)
    assert done.code == 0
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary["confusion"] == [[2, 0, 0], [2, 0, 0], [2, 0, 0]]
    assert summary["top1"] == pytest.approx(1 / 3)
    assert "mean_average_precision" not in summary
    # Of a blue, a green and a red image, summed over the classes.
    right = [0.9 * 0.4 * 0.8, 0.1 * 0.6 * 0.8, 0.1 * 0.4 * 0.2]
    assert summary["loss"] == pytest.approx(-np.mean(np.log(right)), rel=1e-5)


def test_predict_gives_its_first_classes_with_their_own_probabilities(
    command, run, pictures
):
    photo = pictures / "red" / "0.jpg"
    done = command("predict", photo, "--run", run.folder, "--top", "1")
    assert done.out.split()[1:] == ["blue", "90.0%"]
    done = command("predict", photo, "--run", run.folder)
    words = ["blue", "90.0%", "green", "60.0%", "red", "20.0%"]
    assert done.out.split()[1:] == words


@pytest.mark.parametrize("format_name", ["savedmodel", "litert"])
def test_every_export_answers_with_them(run, pictures, tmp_path, format_name):
    trained = open_trained(run=run.folder)
    samples = samples_of(trained, run)
    comparison = export(trained, tmp_path / "1", samples, format_name, run=run)
    assert comparison.difference < 1e-5
    form = FORMATS[format_name]
    found = form.read(tmp_path / "1")(samples.compared)[0]
    if form.output == "logits":
        found = tf.sigmoid(found)
    np.testing.assert_allclose(found, PROBABILITIES, atol=1e-5)
    card = (tmp_path / "1" / "README.md").read_text()
    assert "**Classes**: 3, one for each image" in card
    if format_name == "savedmodel":
        answer = Local(tmp_path / "1")((pictures / "red" / "0.jpg").read_bytes())
        assert not answer.several
        assert [name for name, _ in answer.classes] == ["blue", "green", "red"]
