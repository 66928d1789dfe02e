import dataclasses
import re
import warnings

import numpy as np
import pytest
import tensorflow as tf

from bit_keras.errors import InputError
from bit_keras.export import export
from bit_keras.export.samples import samples_of
from bit_keras.export.writing import FORMATS
from bit_keras.models import BiTSpec, bit
from bit_keras.training import open_run
from bit_keras.training.networks import Trained, open_trained


@pytest.fixture(scope="module")
def samples(trained_of):
    return samples_of(trained_of("bit"))


@pytest.mark.parametrize("format_name", FORMATS)
def test_it_is_compared_named_and_described(trained, samples, tmp_path, format_name):
    folder = tmp_path / "new" / "1"
    comparison = export(trained, folder, samples, format_name)
    assert comparison.difference < 1e-4
    assert comparison.agreement == comparison.images == 16
    names = (next(folder.rglob("classes.txt"))).read_text("utf-8").splitlines()
    assert names == list(trained.class_names)
    card = (folder / "README.md").read_text("utf-8")
    assert str(comparison) in card
    on_disk = sum(f.stat().st_size for f in folder.rglob("*") if f.is_file())
    assert comparison.size == on_disk - len(card.encode())
    assert [path.name for path in folder.parent.iterdir()] == ["1"]


def test_what_differs_is_measured(trained_of, samples, tmp_path, monkeypatch):
    def read(folder):
        return lambda images: np.tile([0.1, 0.2, 0.7], (len(images), 1))

    save, _, output = FORMATS["keras"]
    monkeypatch.setitem(FORMATS, "keras", (save, read, output))
    trained = trained_of("bit")
    head = trained.model.get_layer("logits")
    head.kernel.assign(0 * head.kernel)
    head.bias.assign([0.1, 9.2, 0.7])
    comparison = export(trained, tmp_path / "1", samples, "keras")
    assert comparison.difference == pytest.approx(9)
    assert comparison.agreement == 0


def test_without_its_head_features_are_compared(trained_of, samples, tmp_path):
    comparison = export(trained_of("bit"), tmp_path / "1", samples, "hub", head=False)
    assert comparison.output == "features"
    assert comparison.difference < 1e-4
    assert "top-1" not in str(comparison)


def test_what_is_there_is_not_written_over(trained_of, samples, tmp_path):
    with pytest.raises(InputError, match="is there already; name a new folder"):
        export(trained_of("bit"), tmp_path, samples, "keras")


@pytest.mark.parametrize("name", ["file/1", "long" * 100])
def test_a_folder_that_cannot_be_written_is_told(trained_of, samples, tmp_path, name):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot be written"):
        export(trained_of("bit"), tmp_path / name, samples, "keras")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_folder_that_is_no_unicode_is_refused(trained_of, samples, tmp_path):
    with pytest.raises(InputError, match="is no Unicode, in which .*; name another fo"):
        export(trained_of("bit"), tmp_path / "caf\udce9" / "1", samples)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("format_name", "converter"),
    [
        ("litert", "tensorflow.lite.TFLiteConverter.from_saved_model"),
        ("onnx", "tf2onnx.convert.from_function"),
    ],
)
def test_a_network_that_cannot_be_converted_is_told(
    trained_of, samples, tmp_path, monkeypatch, format_name, converter
):
    def fail(*args, **arguments):
        raise RuntimeError("op Foo is unknown\nmany more lines")

    monkeypatch.setattr(converter, fail)
    with pytest.raises(InputError, match=r"\(RuntimeError: op Foo is unknown\); --fo"):
        export(trained_of("bit"), tmp_path / "1", samples, format_name)


def test_nothing_stays_of_an_export_that_fails(trained_of, samples, tmp_path):
    with pytest.raises(InputError, match="int8 is calibrated on real images"):
        export(trained_of("bit"), tmp_path / "1", samples, "litert", precision="int8")
    assert list(tmp_path.iterdir()) == []


def test_the_card_of_a_run_tells_its_data_figures_and_recipe(finished, tmp_path):
    run, trained = open_run(finished.folder), open_trained(run=finished.folder)
    folder = tmp_path / "card"
    export(
        *(trained, folder, samples_of(trained, run), "keras"),
        run=run,
        licence="CC0-1.0",
    )
    card = (folder / "README.md").read_text("utf-8")
    assert run.info["data"] in card
    assert f"| top-1 accuracy | {run.metrics['top1']:.2%} |" in card
    assert f"`bit-keras evaluate --run {run.folder}`" in card
    assert "**Licence**: CC0-1.0" in card
    assert "| base_lr | 0.01 |" in card
    assert "blue, green, red" in card
    assert "tensorflow 2." in card


def test_the_card_of_other_weights_claims_no_figure(trained_of, samples, tmp_path):
    export(trained_of("bit"), tmp_path / "1", samples, "keras")
    card = (tmp_path / "1" / "README.md").read_text("utf-8")
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


def test_the_card_of_other_channels_speaks_of_no_files(tmp_path):
    network = bit(BiTSpec((1,), 0.5), num_classes=2, channels=5)
    trained = Trained(network, ("no", "yes"), 32, "test")
    export(trained, tmp_path / "1", samples_of(trained), "savedmodel")
    card = (tmp_path / "1" / "README.md").read_text("utf-8")
    assert "| `images` | `images`, uint8 (batch, height, width, 5)" in card
    for word in ("serving_default", "file that", "photo.jpg"):
        assert word not in card


def test_the_card_without_the_head_counts_what_is_there(trained_of, samples, tmp_path):
    trained = trained_of("bit")
    export(trained, tmp_path / "1", samples, "hub", head=False)
    card = (tmp_path / "1" / "README.md").read_text("utf-8")
    parts = trained.model.count_params(), trained.model.get_layer("logits")
    assert f"{parts[0] - parts[1].count_params():,} parameters" in card
    assert "**Classes** of the head, which is left out: 3" in card
    assert not (tmp_path / "1" / "classes.txt").exists()


def test_the_card_tells_the_size_that_was_measured(finished, tmp_path, monkeypatch):
    monkeypatch.chdir(finished.folder)
    run, trained = open_run("."), open_trained(run=".", crop=48)
    export(trained, tmp_path / "1", samples_of(trained, run), "keras", run=run)
    card = (tmp_path / "1" / "README.md").read_text("utf-8")
    assert card.startswith(f"# {finished.folder.name}\n")
    assert "Measured before the export, on images of 32 x 32 pixels" in card
    assert "trained on 32 x 32" in card


def test_the_card_names_20_classes_of_many(trained_of, samples, tmp_path):
    trained = trained_of("bit")
    names = tuple(f"kind {number}" for number in range(30))
    trained = dataclasses.replace(trained, class_names=names)
    export(trained, tmp_path / "1", samples, "keras")
    card = (tmp_path / "1" / "README.md").read_text("utf-8")
    assert "kind 19, …" in card
    assert "kind 20" not in card


def test_serving_files_stand_beside_the_model(trained_of, samples, tmp_path):
    folder = tmp_path / "pets" / "1"
    export(trained_of("bit"), folder, samples, serving=True)
    assert (folder / "assets.extra" / "tf_serving_warmup_requests").stat().st_size
    beside = {path.name for path in tmp_path.iterdir()}
    assert beside == {"pets", "models.config", "batching.config", "docker-compose.yml"}
