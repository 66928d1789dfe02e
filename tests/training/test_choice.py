import dataclasses
import shutil
import types

import keras
import numpy as np
import pytest

from bit_keras import models
from bit_keras.errors import InputError
from bit_keras.families.bit import FAMILY
from bit_keras.training import choice, open_run
from bit_keras.training.choice import Choice, choose, make


def same(network, other):
    return all(map(np.array_equal, network.get_weights(), other.get_weights()))


def test_a_network_alone_starts_from_scratch():
    found = choose("bit_tiny")
    assert (found.network, found.weights) == ("bit_tiny", None)


def test_a_published_name_is_network_and_weights():
    found = choose("bit-m-r50x1-ilsvrc2012")
    assert (found.network, found.weights) == ("bit_r50x1", "BiT-M-R50x1-ILSVRC2012")


def test_weights_take_the_place_of_the_published():
    found = choose("BiT-M-R50x1", "mine.npz")
    assert (found.network, found.weights) == ("bit_r50x1", "mine.npz")


def test_weights_are_found_in_the_home_folder(monkeypatch):
    monkeypatch.setenv("HOME", "/home/somebody")
    assert choose("bit_tiny", "~/mine.npz").weights == "/home/somebody/mine.npz"


def test_what_is_assumed_of_a_file_of_which_nothing_is_known_is_said(golden_folder):
    file = golden_folder / "01_bit_r1111_w0.5.ckpt.npz"
    _, told = make(choose("bit_tiny", str(file)), num_classes=3)
    assert "It is none of the published files: pixels are taken" in told


@pytest.mark.parametrize(
    ("name", "nearest"),
    [("bit_r50", "bit_r50x1"), ("BiT-M-50x1", "BiT-M-R50x1"), ("effnet", None)],
)
def test_an_unknown_name_is_refused_with_the_nearest(name, nearest):
    with pytest.raises(InputError, match=f"Unknown model '{name}'") as refusal:
        choose(name)
    assert nearest is None or f"'{nearest}'" in str(refusal.value)


def test_a_name_of_several_files_is_refused_with_all_of_them():
    with pytest.raises(InputError, match="add the folder: imagenet21k/ViT-B_16, "):
        choose("ViT-B_16")
    with pytest.raises(InputError, match="add the folder: imagenet21k/ViT-B_16, "):
        make(choose("vit_b16", "ViT-B_16"), num_classes=3)


def test_a_run_of_a_vit_is_taken_to_images_of_another_size(tmp_path, monkeypatch):
    source = models.vit("tiny", num_classes=3, image_size=32)
    run = types.SimpleNamespace(network=lambda: source)
    monkeypatch.setattr(choice, "open_run", lambda folder: run)
    network, _ = make(Choice("vit_tiny", str(tmp_path)), image_size=(48, 32))
    before, after = (
        np.array(n.get_layer("positions").positions)[0] for n in (source, network)
    )
    assert after.shape == (1 + 6 * 4, 64)
    np.testing.assert_array_equal(after[[0, 1, 24]], before[[0, 1, 16]])


def test_a_network_from_scratch_starts_with_random_numbers():
    network, told = make(choose("bit_tiny"), num_classes=3)
    assert told == "from scratch"
    assert np.ptp(network.get_layer("root_conv").get_weights()[0]) > 0


@pytest.fixture
def file(golden_folder):
    return str(golden_folder / "01_bit_r1111_w0.5.ckpt.npz")


def test_the_head_of_a_file_is_kept_where_it_is_asked_for(file):
    kept, told = make(choose("bit_tiny", file), keep_head=True, num_classes=10)
    assert kept.get_layer("logits").get_weights()[0].any()
    assert "its head for 10 classes" in told


def test_a_new_head_is_zero_but_for_its_bias(file):
    network, told = make(choose("bit_tiny", file), head_bias=-10.0, num_classes=4)
    kernel, bias = network.get_layer("logits").get_weights()
    assert not kernel.any()
    assert (bias == -10).all()
    assert "new zero head for 4 classes" in told


def test_a_network_takes_its_pixels_as_its_published_weights_do(
    monkeypatch, file, tmp_path
):
    published = dataclasses.replace(
        FAMILY.published["BiT-M-R50x1-CIFAR10"],
        name="unit",
        network="bit_tiny",
        normalization="unit",
    )
    monkeypatch.setitem(FAMILY.published, "unit", published)
    local = shutil.copy(file, tmp_path / "unit.npz")
    network, _ = make(choose("bit_tiny", local), num_classes=3)
    assert network.get_layer("normalization").normalization == "unit"


def test_a_run_gives_its_network_with_a_new_head(finished):
    network, told = make(choose(str(finished.folder)), num_classes=5)
    source = open_run(finished.folder).network()
    body, other = (models.endpoint(n, "pre_logits") for n in (network, source))
    assert same(body, other)
    assert not any(array.any() for array in network.get_layer("logits").get_weights())
    assert told.endswith("with a new zero head")


def test_a_run_gives_its_head_where_it_is_asked_for(finished):
    network, told = make(choose(str(finished.folder)), keep_head=True, num_classes=3)
    assert same(network, open_run(finished.folder).network())
    assert told.endswith("with its head")


def test_the_head_of_a_run_for_other_classes_is_refused(finished):
    with pytest.raises(InputError, match=r"its logits has .*\(3,\).* instead of"):
        make(choose(str(finished.folder)), keep_head=True, num_classes=4)


@pytest.fixture
def headless(finished, copied):
    """A run whose network gives features, and takes pixels in [0, 1]."""
    run = copied(finished.folder)
    keras.utils.set_random_seed(0)
    models.build("bit_tiny", normalization="unit").save(run.folder / "model.keras")
    return run


def test_a_run_without_a_head_is_given_a_new_one(headless):
    network, _ = make(choose(str(headless.folder)), num_classes=2)
    assert same(models.endpoint(network, "pre_logits"), headless.network())
    assert not any(array.any() for array in network.get_layer("logits").get_weights())


def test_a_head_that_a_run_has_not_cannot_be_kept(headless):
    with pytest.raises(InputError, match="has no head to keep; leave out --keep-head"):
        make(choose(str(headless.folder)), keep_head=True, num_classes=2)


def test_a_network_takes_its_pixels_as_the_run_does(headless):
    network, _ = make(choose(str(headless.folder)), num_classes=2)
    assert network.get_layer("normalization").normalization == "unit"
