import dataclasses
import shutil

import numpy as np
import pytest

from bit_keras import models, weights
from bit_keras.errors import InputError
from bit_keras.training import networks, open_run
from bit_keras.training.networks import choose, open_trained


def test_a_network_alone_starts_from_scratch():
    choice = choose("bit_tiny")
    assert (choice.network, choice.weights) == ("bit_tiny", None)


def test_a_published_name_is_network_and_weights():
    choice = choose("bit-m-r50x1-ilsvrc2012")
    assert choice.network == "bit_r50x1"
    assert choice.weights == "BiT-M-R50x1-ILSVRC2012"
    assert choice.head_classes() == 1000


def test_weights_take_the_place_of_the_published():
    choice = choose("BiT-M-R50x1", "mine.npz")
    assert (choice.network, choice.weights) == ("bit_r50x1", "mine.npz")


def test_published_weights_may_be_named_apart():
    assert choose("bit_r50x1", "BiT-M-R50x1-CIFAR10").head_classes() == 10


@pytest.mark.parametrize(
    ("name", "nearest"),
    [("bit_r50", "bit_r50x1"), ("BiT-M-50x1", "BiT-M-R50x1"), ("resnet50", None)],
)
def test_an_unknown_name_is_refused_with_the_nearest(name, nearest):
    with pytest.raises(InputError, match=f"Unknown model '{name}'") as refusal:
        choose(name)
    assert nearest is None or f"'{nearest}'" in str(refusal.value)


def test_a_file_tells_the_classes_of_its_head(golden_folder):
    file = golden_folder / "01_bit_r2111_w0.5.ckpt.npz"
    assert choose("bit_tiny", str(file)).head_classes() == 7


def test_a_file_without_a_head_is_no_classifier(tmp_path):
    weights.save(models.build("bit_tiny"), tmp_path / "body.npz")
    with pytest.raises(InputError, match="has no head"):
        choose("bit_tiny", str(tmp_path / "body.npz")).head_classes()


def test_a_run_is_opened_with_its_classes_and_crop(finished):
    trained = open_trained(run=finished.folder)
    assert trained.class_names == ("blue", "green", "red")
    assert trained.crop == 32
    assert open_trained(run=finished.folder, crop=48).crop == 48


def test_a_network_for_several_labels_says_so(finished, tmp_path, monkeypatch):
    assert open_trained(run=finished.folder).loss == "softmax"
    run = open_run(shutil.copytree(finished.folder, tmp_path / "run"))
    recipe = dataclasses.replace(run.recipe, loss="sigmoid")
    run.write("recipe.json", recipe.to_json())
    assert open_trained(run=run.folder).loss == "sigmoid"
    monkeypatch.setattr(models, "build", lambda *args, **kwargs: None)
    monkeypatch.setattr(networks.published, "load", lambda *args, **kwargs: None)
    assert open_trained(model="BiT-M-R50x1").loss == "sigmoid"
    assert open_trained(model="BiT-M-R50x1-ILSVRC2012").loss == "softmax"


def test_official_weights_are_opened_as_they_are(golden, golden_folder):
    file = str(golden_folder / "01_bit_r1111_w0.5.ckpt.npz")
    trained = open_trained(model="bit_tiny", weights=file)
    assert trained.class_names[:2] == ("class 0", "class 1")
    arrays = golden("01_bit_r1111_w0.5.io.npz")
    logits = trained.model(arrays["x0"] * 127.5 + 127.5)
    np.testing.assert_allclose(logits, arrays["logits_google0"], atol=2e-5)


@pytest.mark.parametrize(
    ("name", "crop"),
    [
        ("BiT-M-R50x1-ILSVRC2012", 480),
        ("BiT-S-R101x1", 224),
        ("BiT-M-R50x1-CIFAR10", 128),
        ("distill/R50x1_160", 160),
        ("distill/R152x2_T_384", 384),
        ("distill/R152x2_T_pet128", 128),
        ("vtab/BiT-M-R50x1-run0-svhn", 128),
        ("vtab/BiT-M-R50x1-run0-dtd", 480),
    ],
)
def test_published_weights_are_used_at_the_size_they_were_tuned_on(
    monkeypatch, name, crop
):
    monkeypatch.setattr(models, "build", lambda *args, **kwargs: None)
    monkeypatch.setattr(networks.published, "load", lambda *args, **kwargs: None)
    assert open_trained(model=name).crop == crop


def test_published_weights_of_imagenet_know_its_words(monkeypatch):
    monkeypatch.setattr(models, "build", lambda *args, **kwargs: None)
    monkeypatch.setattr(networks.published, "load", lambda *args, **kwargs: None)
    trained = open_trained(model="BiT-S-R50x1")
    assert trained.class_names[207] == "golden retriever"


@pytest.mark.parametrize(
    "names",
    [{}, {"run": "a", "model": "bit_tiny"}, {"run": "a", "weights": "b.npz"}],
)
def test_either_a_run_or_a_model_is_opened(names):
    with pytest.raises(InputError, match="Give either --run FOLDER, or --model NAME"):
        open_trained(**names)


def test_a_network_for_other_channels_takes_no_photographs(finished):
    trained = open_trained(run=finished.folder)
    trained.require_channels(3)
    with pytest.raises(InputError, match="takes images of 3 channels. Received: 4"):
        trained.require_channels(4)


def test_a_damaged_network_is_no_surprise(finished, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(finished.folder, folder)
    whole = (folder / "model.keras").read_bytes()
    (folder / "model.keras").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="is damaged and cannot be loaded"):
        open_run(folder).network()
