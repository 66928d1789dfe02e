"""Files of google-research/big_vision and of old Flax, which name arrays otherwise."""

import numpy as np
import pytest

from bit_keras.errors import InputError
from bit_keras.models import ViTSpec, vit
from bit_keras.weights import load
from bit_keras.weights.files import WeightFile
from bit_keras.weights.vit_layout import POSITIONS

TINY = ViTSpec(hidden=32, depth=2, heads=4, mlp=64, patch=8)


@pytest.fixture
def arrays(golden):
    return dict(golden("02_vit_tiny_tok.ckpt.npz"))


def tiny(size=32, **changes):
    return vit(TINY, num_classes=10, image_size=size, **changes)


def assert_filled(path, arrays):
    """Whether a file fills a network as the arrays of the public names do."""
    network = tiny()
    load(network, path)
    found = network.get_layer("block1_mlp1").kernel.numpy()
    expected = arrays["Transformer/encoderblock_1/MlpBlock_3/Dense_0/kernel"]
    np.testing.assert_allclose(found, expected, rtol=0.01)
    scale = network.get_layer("block0_norm2").gamma.numpy()
    expected = arrays["Transformer/encoderblock_0/LayerNorm_2/scale"]
    np.testing.assert_allclose(scale, expected, rtol=0.01)


@pytest.mark.parametrize("prefix", ["params/", "opt/target/", "params/img/"])
def test_prefix_of_a_tree_is_left_out(arrays, written, prefix):
    content = {f"{prefix}{name}": array for name, array in arrays.items()}
    assert_filled(written(content), arrays)


def test_arrays_of_bfloat16_are_read(arrays, written):
    halves = {
        name: (array.view("uint32") >> 16).astype("uint16").view("V2")
        for name, array in arrays.items()
    }
    assert_filled(written(halves), arrays)


def renumbered(arrays):
    """The names that big_vision gives to the arrays of a public file."""
    numbers = {"Attention_1": "Attention_0", "Norm_2": "Norm_1", "Block_3": "Block_0"}
    renamed = {}
    for name, array in arrays.items():
        for old, new in numbers.items():
            name = name.replace(old, new)
        renamed[name] = array
    renamed["pos_embedding"] = renamed.pop(POSITIONS)
    return renamed


def stacked(arrays):
    """As big_vision writes them where it scans the two blocks."""
    first, second = (f"Transformer/encoderblock_{number}/" for number in (0, 1))
    found = {n: x for n, x in arrays.items() if not n.startswith((first, second))}
    for name in [name for name in arrays if name.startswith(first)]:
        pair = [arrays[name], arrays[name.replace(first, second)]]
        found[name.replace(first, "Transformer/encoderblock/")] = np.stack(pair)
    return found


def test_new_numbers_of_flax_are_understood(arrays, written):
    assert_filled(written(renumbered(arrays)), arrays)


@pytest.mark.parametrize("prefix", ["", "params/"])
def test_blocks_that_are_stacked_are_read_as_others(arrays, written, prefix):
    content = stacked(renumbered(arrays))
    content = {f"{prefix}{name}": array for name, array in content.items()}
    network, other = tiny(), tiny()
    load(network, written(content))
    load(other, written(arrays))
    for found, expected in zip(network.weights, other.weights, strict=True):
        np.testing.assert_array_equal(found, expected)


def test_each_array_of_a_file_is_read_once(arrays, written, monkeypatch):
    path = written(stacked(arrays))
    read, names = WeightFile.read, []
    monkeypatch.setattr(
        WeightFile, "read", lambda file, name: names.append(name) or read(file, name)
    )
    vit(TINY, num_classes=10, image_size=32, weights=str(path))
    assert sorted(names) == sorted(stacked(arrays))


def test_stack_of_another_depth_is_described(arrays, written):
    path = written(stacked(arrays))
    with pytest.raises(InputError, match="2 blocks of 32, .* the network has 3 blocks"):
        load(tiny(depth=3), path)


@pytest.mark.parametrize("name", ["pos_embedding", "Transformer/pos_embedding"])
@pytest.mark.parametrize("side", [32, 48])
def test_class_token_has_no_position_where_a_file_has_none(arrays, written, name, side):
    content = renumbered(arrays)
    content[name] = content.pop("pos_embedding")[:, 1:]
    network, other = tiny(size=side), tiny(size=side)
    load(network, written(content))
    load(other, written(arrays))
    found, expected = (
        each.get_layer("positions").positions.numpy() for each in (network, other)
    )
    assert not found[:, 0].any()
    np.testing.assert_array_equal(found[:, 1:], expected[:, 1:])


def test_positions_that_make_no_square_are_of_the_grid_of_the_network(arrays, written):
    arrays[POSITIONS] = arrays[POSITIONS][:, :7]
    network = tiny(size=(16, 24))
    load(network, written(arrays))
    found = network.get_layer("positions").positions
    np.testing.assert_array_equal(found, arrays[POSITIONS])
    with pytest.raises(InputError, match=r"\(1, 7, 32\) instead of \(1, 17, 32\)"):
        load(tiny(), written(arrays))
