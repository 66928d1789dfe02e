import dataclasses
import re
import warnings

import pytest
import tensorflow as tf

from bit_keras.export import export
from bit_keras.export.answers import Comparison
from bit_keras.export.model_card import model_card
from bit_keras.export.samples import samples_of
from bit_keras.export.writing import FORMATS
from bit_keras.models import BiTSpec, bit
from bit_keras.preprocessing import Preprocessing
from bit_keras.training import open_run
from bit_keras.training.trained import Trained, open_trained


@pytest.fixture(scope="module")
def samples(trained_of):
    return samples_of(trained_of("bit"))


def card_of(trained, format_name, output="probabilities", run=None):
    """Gives the card of an export that is not made."""
    comparison = Comparison(output, 1e-7, None, 16, "images", 1000)
    words = {"run": run, "licence": None, "precision": "float32"}
    return model_card(trained, "1", FORMATS[format_name], comparison, **words)


def test_the_card_of_a_run_tells_its_data_figures_and_recipe(finished, tmp_path):
    run, trained = open_run(finished.folder), open_trained(run=finished.folder)
    folder = tmp_path / "card"
    export(
        *(trained, folder, samples_of(trained, run), "keras"),
        run=run,
        licence="CC0-1.0",
    )
    card = (folder / "README.md").read_text("utf-8")
    assert run.info.data in card
    assert f"| top-1 accuracy | {run.metrics['top1']:.2%} (" in card
    assert f"`bit-keras evaluate --run {run.folder}`" in card
    assert "**Licence**: CC0-1.0" in card
    assert "| base_lr | 0.01 |" in card
    assert "blue, green, red" in card
    assert "tensorflow 2." in card


def test_the_card_of_other_weights_claims_no_figure(trained_of):
    card = card_of(trained_of("bit"), "keras")
    assert "Nothing was measured with this network here." in card
    assert "## Recipe" not in card


@pytest.mark.parametrize("format_name", FORMATS)
def test_what_the_card_shows_runs(
    trained_of, samples, tmp_path, monkeypatch, format_name
):
    monkeypatch.chdir(tmp_path)
    trained = trained_of("bit")
    export(trained, 'it\'s "größer"', samples, format_name)
    tf.io.write_file("photo.jpg", tf.io.encode_jpeg(samples.compared[0]))
    card = (tmp_path / 'it\'s "größer"' / "README.md").read_text("utf-8")
    examples = re.findall("```python\n(.*?)```", card, re.DOTALL)
    assert len(examples) == (2 if format_name == "hub" else 1)
    for code in examples:
        names = {"images": samples.compared.astype("float32")}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of imports that are not ours
            exec(code, names)
        ask = names.get("layer") or names.get("model")
        if ask is not None:
            assert ask(names["images"]).shape == (16, 3)
        elif format_name == "savedmodel":
            assert names["answer"]["probabilities"].shape == (1, 3)
        else:
            assert names["answer"].shape == (16, 3)


def test_the_card_of_other_channels_speaks_of_no_files():
    network = bit(BiTSpec((1,), 0.5), num_classes=2, channels=5)
    trained = Trained(network, ("no", "yes"), Preprocessing(crop=32), "test")
    card = card_of(trained, "savedmodel")
    assert "| `images` | `images`, uint8 (batch, height, width, 5)" in card
    for word in ("serving_default", "file that", "photo.jpg"):
        assert word not in card


def test_the_card_without_the_head_counts_what_is_there(trained_of):
    trained = trained_of("bit")
    card = card_of(trained, "hub", output="features")
    parts = trained.model.count_params(), trained.model.get_layer("logits")
    assert f"{parts[0] - parts[1].count_params():,} parameters" in card
    assert "**Classes** of the head, which is left out: 3" in card


def test_the_card_tells_the_size_that_was_measured(finished, monkeypatch):
    monkeypatch.chdir(finished.folder)
    run, trained = open_run("."), open_trained(run=".", crop=48)
    card = card_of(trained, "keras", run=run)
    assert card.startswith(f"# {finished.folder.name}\n")
    assert "Measured before the export, on images resized to 32 x 32 pixels, bi" in card
    assert "trained on 32 x 32" in card


def test_the_card_names_20_classes_of_many(trained_of):
    trained = trained_of("bit")
    names = tuple(f"kind {number}" for number in range(30))
    trained = dataclasses.replace(trained, class_names=names)
    card = card_of(trained, "keras")
    assert "kind 19, …" in card
    assert "kind 20" not in card


@pytest.mark.parametrize(
    ("multi_label", "number"), [(False, "one"), (True, "any number")]
)
def test_the_card_tells_how_many_labels_an_image_has(trained_of, multi_label, number):
    trained = trained_of("bit", "sigmoid", multi_label)
    card = card_of(trained, "savedmodel")
    assert f"**Classes**: 3, {number} for each image" in card
    assert ("`threshold` (batch,)" in card) == multi_label


@pytest.mark.parametrize("format_name", ["savedmodel", "litert", "onnx"])
def test_the_card_tells_what_becomes_of_images(trained_of, format_name):
    centre = Preprocessing(crop=32, share=0.7, interpolation="bicubic")
    trained = dataclasses.replace(trained_of("bit"), preprocessing=centre)
    card = card_of(trained, format_name)
    assert centre.describe() in card
