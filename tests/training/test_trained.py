import dataclasses
import shutil

import numpy as np
import pytest

from bit_keras import models, weights
from bit_keras.errors import InputError
from bit_keras.families.bit import FAMILY
from bit_keras.preprocessing import Preprocessing
from bit_keras.training import finetune, open_run
from bit_keras.training.trained import Trained, networks_of_sizes, open_trained


@pytest.fixture
def publish(monkeypatch):
    """Gives a function: facts -> a published file "mine" of `bit_tiny`, ten classes."""

    def add(**facts):
        file = FAMILY.published["BiT-M-R50x1-CIFAR10"]
        facts = {"name": "some/mine", "network": "bit_tiny"} | facts
        file = dataclasses.replace(file, **facts)
        monkeypatch.setitem(FAMILY.published, file.name, file)

    return add


@pytest.fixture
def file(golden_folder, tmp_path):
    """A local file for `bit_tiny` with ten classes, called mine.npz."""
    source = golden_folder / "01_bit_r1111_w0.5.ckpt.npz"
    return shutil.copy(source, tmp_path / "mine.npz")


def test_a_run_is_opened_with_its_classes_and_preprocessing(finished):
    trained = open_trained(run=finished.folder)
    assert trained.class_names == ("blue", "green", "red")
    assert trained.preprocessing == Preprocessing(crop=32)
    assert not trained.multi_label


def test_another_crop_takes_the_place_of_the_network_s_own(finished):
    trained = open_trained(run=finished.folder, crop=48)
    assert trained.preprocessing == Preprocessing(crop=48)


def test_a_vit_is_built_for_the_crop_of_its_published_file(tmp_path):
    name = (
        "Ti_16-i21k-300ep-lr_0.001-aug_none-wd_0.03-do_0.0-sd_0.0"
        "--cifar10-steps_0k-lr_0.01-res_384"
    )
    path = tmp_path / f"{name}.npz"
    weights.save(models.build("vit_ti16", num_classes=10, image_size=(384, 384)), path)
    trained = open_trained(model="vit_ti16", weights=str(path))
    assert trained.crop == 384
    assert trained.model.input_shape == (None, 384, 384, 3)


def test_a_vit_of_which_nothing_is_known_is_built_for_its_positions(tmp_path, capsys):
    path = tmp_path / "mine.npz"
    weights.save(models.build("vit_tiny", num_classes=10, image_size=(48, 48)), path)
    trained = open_trained(model="vit_tiny", weights=str(path))
    assert trained.model.input_shape == (None, 48, 48, 3)
    assert trained.preprocessing == Preprocessing(crop=48)
    assert "resized to 48 x 48" in capsys.readouterr().err


def test_a_vit_is_built_for_the_crop_that_is_given(tmp_path):
    path = tmp_path / "mine.npz"
    weights.save(models.build("vit_tiny", num_classes=10, image_size=(32, 32)), path)
    trained = open_trained(model="vit_tiny", weights=str(path), crop=48)
    assert trained.model.input_shape == (None, 48, 48, 3)


def test_a_network_for_images_of_any_size_is_that_of_all_sizes(finished):
    trained = open_trained(run=finished.folder)
    networks = networks_of_sizes(trained, [24, 32], run=finished.folder)
    assert networks == {24: trained.model, 32: trained.model}


def test_a_vit_has_a_network_of_each_size(tmp_path):
    named = {"model": "vit_tiny", "weights": str(tmp_path / "mine.npz")}
    network = models.build("vit_tiny", num_classes=10, image_size=(32, 32))
    weights.save(network, named["weights"])
    trained = open_trained(**named)
    networks = networks_of_sizes(trained, [32, 48], **named)
    assert networks[32] is trained.model
    expected = open_trained(**named, crop=48).model
    pixels = np.random.default_rng(0).uniform(0, 255, (1, 48, 48, 3))
    np.testing.assert_array_equal(networks[48](pixels), expected(pixels))


def test_a_run_of_a_vit_takes_another_crop(tmp_path):
    run = finetune(
        "digits",
        model="vit_tiny",
        output=tmp_path / "run",
        steps=1,
        batch_size=16,
        changes={"resize": 16, "crop": 16},
    )
    trained = open_trained(run=run.folder, crop=24)
    assert trained.model.input_shape == (None, 24, 24, 3)
    own = run.network().get_layer("logits").get_weights()
    for given, kept in zip(own, trained.model.get_layer("logits").weights, strict=True):
        np.testing.assert_array_equal(given, kept)


def test_a_run_may_be_named_as_a_model(finished):
    trained = open_trained(model=str(finished.folder))
    assert trained.class_names == ("blue", "green", "red")


def test_the_loss_of_a_run_tells_its_probabilities(finished, copied):
    assert open_trained(run=finished.folder).loss == "softmax"
    run = copied(finished.folder)
    recipe = dataclasses.replace(run.recipe, loss="sigmoid")
    run.write("recipe.json", recipe.to_json())
    assert open_trained(run=run.folder).loss == "sigmoid"


def test_official_weights_are_opened_as_they_are(golden, file):
    trained = open_trained(model="bit_tiny", weights=file)
    arrays = golden("01_bit_r1111_w0.5.io.npz")
    logits = trained.model(arrays["x0"] * 127.5 + 127.5)
    np.testing.assert_allclose(logits, arrays["logits_google0"], atol=2e-5)


FACTS = {
    "crop": 160,
    "share": 0.9,
    "multi_label": True,
    "loss": "sigmoid",
    "normalization": "unit",
}


@pytest.mark.parametrize("given", ["some/mine", "mine.npz"], ids=["name", "path"])
def test_published_weights_bring_all_their_facts(
    publish, file, monkeypatch, tmp_path, capsys, given
):
    publish(**FACTS)
    monkeypatch.setenv("BIT_KERAS_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "weights" / "some").mkdir(parents=True)
    shutil.copy(file, tmp_path / "weights" / "some")
    trained = open_trained(model="bit_tiny", weights=given)
    assert trained.preprocessing == Preprocessing(crop=160, share=0.9)
    assert (trained.loss, trained.multi_label) == ("sigmoid", True)
    assert trained.model.get_layer("normalization").normalization == "unit"
    assert "assumed" not in capsys.readouterr().err


def test_classes_of_published_weights_have_their_words(publish, file, monkeypatch):
    publish(words="imagenet_1k")
    monkeypatch.setattr(weights, "words", lambda name: name and tuple("0123456789"))
    trained = open_trained(model="bit_tiny", weights=file)
    assert trained.class_names == tuple("0123456789")


def test_what_is_assumed_of_a_file_that_nothing_is_known_of_is_told(file, capsys):
    trained = open_trained(model="bit_tiny", weights=file)
    assert trained.preprocessing == Preprocessing(crop=224)
    assert trained.class_names[:2] == ("class 0", "class 1")
    assert not trained.multi_label
    told = capsys.readouterr().err
    assert "mine.npz' is none of the published files" in told
    assert "224 x 224 pixels" in told
    assert "--crop" in told


def test_a_crop_that_is_given_is_not_assumed(file, capsys):
    trained = open_trained(model="bit_tiny", weights=file, crop=64)
    assert trained.preprocessing == Preprocessing(crop=64)
    told = capsys.readouterr().err
    assert "one label for each image" in told
    assert "224" not in told


def test_somebody_s_own_thousand_classes_have_no_words_of_imagenet(tmp_path, capsys):
    own = models.build("bit_tiny", num_classes=1000)
    weights.save(own, tmp_path / "own.npz")
    trained = open_trained(model="bit_tiny", weights=str(tmp_path / "own.npz"))
    assert trained.class_names[207] == "class 207"
    assert "classes without names" in capsys.readouterr().err


def test_a_file_without_a_head_gives_features_and_tells_no_classes(tmp_path, capsys):
    network = models.build("bit_tiny")
    weights.save(network, tmp_path / "body.npz")
    trained = open_trained(model="bit_tiny", weights=str(tmp_path / "body.npz"))
    images = np.full((1, 32, 32, 3), 99, "uint8")
    np.testing.assert_array_equal(trained.model(images), network(images))
    with pytest.raises(InputError, match="has no head, so it tells no classes"):
        trained.require_head()
    assert "classes without names" not in capsys.readouterr().err


def test_a_file_of_another_kind_is_called_by_its_name(tmp_path):
    path = tmp_path / "vit.npz"
    np.savez(path, **{"Transformer/encoder_norm/bias": np.ones(2)})
    with pytest.raises(InputError, match="is a public ViT file"):
        open_trained(model="bit_tiny", weights=str(path))


@pytest.mark.parametrize("representation", [None, 16])
def test_a_head_of_zeros_tells_no_classes(tmp_path, representation):
    network = models.vit("tiny", num_classes=3, representation_size=representation)
    weights.save(network, tmp_path / "zero.npz")  # as a new head is
    trained = open_trained(model="vit_tiny", weights=str(tmp_path / "zero.npz"))
    with pytest.raises(
        InputError, match="head is zero, as in all files of imagenet21k"
    ):
        trained.require_head()


def test_a_network_without_weights_is_refused():
    with pytest.raises(InputError, match="without weights; add --weights"):
        open_trained(model="bit_tiny")


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


def test_a_network_without_a_head_tells_no_classes():
    headless = Trained(None, (), Preprocessing(crop=32), "pets")
    with pytest.raises(InputError, match="'pets' has no head.*finetune --model"):
        headless.require_head()


def test_a_damaged_network_is_no_surprise(finished, copied):
    run = copied(finished.folder)
    whole = (run.folder / "model.keras").read_bytes()
    (run.folder / "model.keras").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="is damaged and cannot be loaded"):
        open_run(run.folder).network()
