import types

import numpy as np
import pytest

from bit_keras import families
from bit_keras.errors import InputError
from bit_keras.weights.files import open_weights
from bit_keras.weights.layouts import (
    LAYOUTS,
    Layout,
    crop_of,
    layout_of_file,
    layout_of_network,
    num_classes_of,
    sources_of,
    title_of_file,
)

BIAS = "resnet/head/conv2d/bias"


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("resnet/group_norm/beta", "an official BiT file"),
        ("Transformer/encoder_norm/bias", "a public ViT file"),
        ("opt/target/Transformer/encoder_norm/bias", "a public ViT file"),
        ("layer1.0.conv1.weight", "a PyTorch state dictionary"),
        ("something", "a file of unknown layout"),
    ],
)
def test_files_are_called_by_their_name(name, title):
    assert title_of_file([name, "head/bias"]) == title


def test_a_layout_that_is_added_is_found(monkeypatch):
    toy = Layout(
        title="a toy file",
        recognizes=lambda names: "toy" in names,
        slots=lambda model: {layer.name: None for layer in model.layers},
        head=("bias",),
        describe=str,
    )
    assert layout_of_file(["toy"]) is None
    monkeypatch.setitem(LAYOUTS, "toy", toy)
    assert layout_of_file(["toy"]) is toy
    assert title_of_file(["toy"]) == "a toy file"
    network = types.SimpleNamespace(layers=[types.SimpleNamespace(name="first")])
    assert layout_of_network(network) is toy


def test_network_without_a_layout_is_told_what_there_is():
    other = types.SimpleNamespace(name="vit", layers=[])
    with pytest.raises(InputError, match="'vit' does not have .* official BiT file"):
        layout_of_network(other)


def test_two_arrays_of_one_name_are_refused(tmp_path):
    path = tmp_path / "file.npz"
    names = ["standardized_conv2d_1/kernel", "standardized_conv2d_2/kernel"]
    np.savez(path, **dict.fromkeys(names, np.ones(1)))
    with open_weights(path) as file, pytest.raises(InputError, match="twice"):
        sources_of(file, LAYOUTS["bit"])


def test_stack_of_arrays_fills_as_many_slots(tmp_path):
    stack = np.arange(6).reshape(2, 3)
    np.savez(tmp_path / "file.npz", **{"a/b": stack, "c": np.zeros(4)})
    layout = Layout(
        "a file", bool, dict, (), str, plain_name=lambda name: name.replace("a", "a{}")
    )
    with open_weights(tmp_path / "file.npz") as file:
        sources = sources_of(file, layout)
        assert {name: source.shape for name, source in sources.items()} == {
            "a0/b": (3,),
            "a1/b": (3,),
            "c": (4,),
        }
        np.testing.assert_array_equal(sources["a1/b"].part(stack), [3, 4, 5])
        assert sources["c"].part(stack) is stack


def test_array_without_axes_is_no_stack(tmp_path):
    np.savez(tmp_path / "file.npz", x=np.float32(1))
    layout = Layout("a file", bool, dict, (), str, plain_name=lambda name: "x{}")
    with open_weights(tmp_path / "file.npz") as file:
        assert list(sources_of(file, layout)) == ["x{}"]


@pytest.mark.parametrize(
    "name", ["resnet/group_norm/beta", "Transformer/encoder_norm/bias"]
)
def test_file_without_a_head_that_is_known_has_no_classes(tmp_path, name):
    np.savez(tmp_path / "file.npz", **{name: np.ones(3)})
    with open_weights(tmp_path / "file.npz") as file:
        assert num_classes_of(file) is None


def test_head_of_a_file_tells_the_classes(tmp_path):
    np.savez(tmp_path / "file.npz", **{BIAS: np.ones(7)})
    with open_weights(tmp_path / "file.npz") as file:
        assert num_classes_of(file) == 7


@pytest.mark.parametrize(
    ("network", "count", "names", "crop"),
    [
        ("vit_b16", 577, ["cls"], 384),
        ("vit_b16", 196, ["cls"], 224),
        ("vit_b16", 196, [], 224),
        ("vit_h14", 257, ["cls"], 224),
        ("vit_r50_l32", 145, ["cls"], 384),
        ("vit_b16", 7, ["cls"], None),
        ("bit_r50x1", 577, ["cls"], None),
    ],
)
def test_positions_tell_the_size_of_the_images(tmp_path, network, count, names, crop):
    arrays = dict.fromkeys(names, np.ones((1, 1, 2)))
    arrays["Transformer/posembed_input/pos_embedding"] = np.ones((1, count, 2))
    np.savez(tmp_path / "file.npz", **arrays)
    _, spec = families.network(network)
    with open_weights(tmp_path / "file.npz") as file:
        assert crop_of(file, spec) == crop


@pytest.mark.parametrize("name", [BIAS, "Transformer/encoder_norm/bias", "other"])
def test_file_without_positions_is_for_images_of_any_size(tmp_path, name):
    np.savez(tmp_path / "file.npz", **{name: np.ones(7)})
    _, spec = families.network("vit_b16")
    with open_weights(tmp_path / "file.npz") as file:
        assert crop_of(file, spec) is None
