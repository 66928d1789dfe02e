import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from bit_keras.errors import InputError
from bit_keras.export import export
from bit_keras.export.samples import samples_of
from bit_keras.export.writing import FORMATS
from bit_keras.models import endpoint
from bit_keras.preprocessing import Preprocessing


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

    other = dataclasses.replace(FORMATS["keras"], read=read)
    monkeypatch.setitem(FORMATS, "keras", other)
    trained = trained_of("bit")
    head = trained.model.get_layer("logits")
    head.kernel.assign(0 * head.kernel)
    head.bias.assign([0.1, 9.2, 0.7])
    comparison = export(trained, tmp_path / "1", samples, "keras")
    assert comparison.difference == pytest.approx(9)
    assert comparison.agreement == 0


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


@pytest.mark.parametrize("format_name", ["savedmodel", "hub"])
@pytest.mark.parametrize("name", ["a[b]", "a\\b"])
def test_a_folder_that_tensorflow_takes_for_a_pattern_is_refused(
    trained_of, samples, tmp_path, name, format_name
):
    with pytest.raises(InputError, match="which TensorFlow takes for a pattern"):
        export(trained_of("bit"), tmp_path / name / "1", samples, format_name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "format_name"), [("a[b]", "keras"), ("a*b?[c", "savedmodel")]
)
def test_a_folder_that_is_found_again_is_taken(
    trained_of, samples, tmp_path, name, format_name
):
    comparison = export(trained_of("bit"), tmp_path / name / "1", samples, format_name)
    assert comparison.difference < 1e-4


@pytest.mark.parametrize(
    "writer", ["tensorflow.saved_model.save", "tensorflow.io.TFRecordWriter.write"]
)
@pytest.mark.parametrize("reason", ["No space left on device", "Disk quota exceeded"])
def test_a_full_disk_is_told_without_names_of_tensorflow(
    trained_of, samples, tmp_path, monkeypatch, writer, reason
):
    def fail(*args, **arguments):
        raise tf.errors.ResourceExhaustedError(
            None,
            None,
            "{{function_node __wrapped__SaveV2_dtypes_46_device_/job:localhost}} "
            f"/{'long' * 99}/.part-1/part-0.tempstate52; {reason} [Op:SaveV2]",
        )

    monkeypatch.setattr(writer, fail)
    folder = tmp_path / "pets" / "1"
    with pytest.raises(InputError) as told:
        export(trained_of("bit"), folder, samples, serving=True)
    assert str(told.value) == f"'{folder}' cannot be written: {reason}."
    assert not list(folder.parent.iterdir())


def test_an_export_that_cannot_be_read_back_is_told(
    trained_of, samples, tmp_path, monkeypatch
):
    def read(folder):
        raise tf.errors.DataLossError(None, None, "Read less bytes than asked\n\tmore")

    other = dataclasses.replace(FORMATS["savedmodel"], read=read)
    monkeypatch.setitem(FORMATS, "savedmodel", other)
    with pytest.raises(InputError, match=r"written: Read less bytes than asked\.\Z"):
        export(trained_of("bit"), tmp_path / "1", samples)


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


def test_serving_files_stand_beside_the_model(trained_of, samples, tmp_path):
    folder = tmp_path / "pets" / "1"
    export(trained_of("bit"), folder, samples, serving=True)
    assert (folder / "assets.extra" / "tf_serving_warmup_requests").stat().st_size
    beside = {path.name for path in tmp_path.iterdir()}
    assert beside == {"pets", "models.config", "batching.config", "docker-compose.yml"}


@pytest.mark.parametrize("format_name", ["savedmodel", "keras"])
def test_networks_of_any_preprocessing_are_compared_rightly(
    trained_of, samples, tmp_path, format_name
):
    centre = Preprocessing(crop=32, share=0.7, interpolation="bicubic")
    trained = dataclasses.replace(trained_of("bit"), preprocessing=centre)
    comparison = export(trained, tmp_path / "1", samples, format_name)
    assert comparison.difference < 1e-4


def test_features_alone_are_written_of_a_network_without_a_head(
    trained_of, samples, tmp_path
):
    features = endpoint(trained_of("bit").model, "pre_logits")
    trained = dataclasses.replace(trained_of("bit"), model=features, class_names=())
    with pytest.raises(InputError, match="has no head, so it tells no classes"):
        export(trained, tmp_path / "1", samples, "keras")
    comparison = export(trained, tmp_path / "1", samples, "hub", head=False)
    assert comparison.difference < 1e-4
    card = (tmp_path / "1" / "README.md").read_text("utf-8")
    assert "**Classes**" not in card
