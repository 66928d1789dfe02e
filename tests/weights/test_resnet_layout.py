import numpy as np
import pytest

from bit_keras.models import ResNetSpec, resnet
from bit_keras.weights import load, save
from bit_keras.weights.layouts import layout_of_file, title_of_file
from bit_keras.weights.resnet_layout import LAYOUT, plain_name, slots

SMALL = ResNetSpec((1, 1), width=0.25, stem="cifar")
DEEP = ResNetSpec((1, 1), width=0.25, stem="deep", average_shortcut=True)


def names_of(spec, part):
    return {name for name in slots(resnet(spec)) if part in name}


def test_convolutions_and_norms_have_the_names_of_timm():
    assert names_of(SMALL, "layer2.0.conv2") == {"layer2.0.conv2.weight"}
    kept = ("weight", "bias", "running_mean", "running_var")
    assert names_of(SMALL, "layer1.0.bn3.") == {f"layer1.0.bn3.{k}" for k in kept}
    assert "layer2.0.downsample.0.weight" in names_of(SMALL, "downsample.0")


def test_three_convolutions_of_a_deep_stem_have_the_names_of_timm():
    convolutions = {"conv1.0.weight", "conv1.3.weight", "conv1.6.weight"}
    assert convolutions <= names_of(DEEP, "conv1.")
    assert {"conv1.1.bias", "conv1.4.bias", "bn1.bias"} <= slots(resnet(DEEP)).keys()


def test_projection_comes_after_the_mean_of_a_shortcut():
    assert names_of(DEEP, "layer2.0.downsample.1") == {"layer2.0.downsample.1.weight"}
    assert len(names_of(DEEP, "layer2.0.downsample.2.")) == 4


def test_kernels_are_stored_outputs_first():
    network = resnet(SMALL, num_classes=3)
    found = slots(network)
    kernel = network.get_layer("stage2_unit01_conv2").kernel.numpy()
    stored = found["layer2.0.conv2.weight"].to_file(kernel)
    assert stored.shape == (32, 32, 3, 3)
    assert stored[5, 7, 0, 2] == kernel[0, 2, 7, 5]
    assert found["fc.weight"].shape == (3, 128)


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("module.layer1.0.bn1.bias", "layer1.0.bn1.bias"),
        ("module.linear.weight", "fc.weight"),
        ("linear.bias", "fc.bias"),
        ("bn1.num_batches_tracked", None),
        ("layer1.0.conv1.weight", "layer1.0.conv1.weight"),
    ],
)
def test_name_is_that_of_a_network_by_itself(name, plain):
    assert plain_name(name) == plain


def test_counters_of_batches_are_no_surplus(tmp_path):
    network, other = resnet(SMALL), resnet(SMALL)
    save(network, tmp_path / "w.npz")
    with np.load(tmp_path / "w.npz") as file:
        arrays = dict(file) | {"bn1.num_batches_tracked": np.array(5)}
    np.savez(tmp_path / "counted.npz", **arrays)
    load(other, tmp_path / "counted.npz")
    for found, expected in zip(other.weights, network.weights, strict=True):
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("spec", [SMALL, DEEP])
def test_all_weights_come_back_from_a_file(spec, tmp_path):
    network, other = resnet(spec, num_classes=3), resnet(spec, num_classes=3)
    for number, variable in enumerate(network.weights):
        variable.assign(variable + number + 1)
    save(network, tmp_path / "w.npz")
    load(other, tmp_path / "w.npz")
    for found, expected in zip(other.weights, network.weights, strict=True):
        np.testing.assert_array_equal(found, expected)


def test_file_of_another_network_of_pytorch_is_no_resnet():
    names = ["features.0.weight", "features.0.running_mean"]
    assert layout_of_file(names) is None
    assert title_of_file(names) == "a PyTorch state dictionary"


def test_file_is_described_by_its_units():
    shapes = {name: slot.shape for name, slot in slots(resnet(SMALL)).items()}
    assert LAYOUT.describe(shapes) == "units 1-1, root width 16"


def test_file_is_described_by_a_stem_of_three_convolutions():
    shapes = {name: slot.shape for name, slot in slots(resnet(DEEP)).items()}
    assert LAYOUT.describe(shapes) == "units 1-1, root width 16, deep stem"
