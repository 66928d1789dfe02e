import numpy as np
import pytest

from bit_keras.errors import InputError
from bit_keras.models import ResNetStem, ViTSpec, vit
from bit_keras.weights import load, save
from bit_keras.weights.layouts import layout_of_file
from bit_keras.weights.positions import resize_positions
from bit_keras.weights.vit_layout import LAYOUT, POSITIONS, plain_name

TINY = ViTSpec(hidden=32, depth=2, heads=4, mlp=64, patch=8)
TOKEN, REPRESENTATION = "02_vit_tiny_tok.ckpt.npz", "02_vit_tiny_rep.ckpt.npz"


@pytest.fixture
def arrays(golden):
    return dict(golden(TOKEN))


def written(path, arrays):
    with path.open("wb") as file:
        np.savez(file, **arrays)
    return path


def tiny(classes=10, size=32, **changes):
    return vit(TINY, num_classes=classes, image_size=size, **changes)


@pytest.mark.parametrize("name", [TOKEN, REPRESENTATION, "02_vit_tiny_gap.ckpt.npz"])
def test_written_file_has_the_names_and_arrays_of_the_public_one(
    golden, golden_folder, tmp_path, name
):
    changes = {REPRESENTATION: {"representation_size": 24}, TOKEN: {}}
    network = tiny(**changes.get(name, {"classifier": "gap"}))
    load(network, golden_folder / name)
    save(network, tmp_path / "mine.npz")
    expected = golden(name)
    with np.load(tmp_path / "mine.npz") as file:
        assert set(file.files) == set(expected)
        for key in file.files:
            np.testing.assert_array_equal(file[key], expected[key], err_msg=key)


@pytest.mark.parametrize("name", ["03_hybrid_stem", "03_hybrid_r11"])
def test_written_file_of_a_hybrid_has_the_shapes_of_the_public_one(
    golden, golden_folder, tmp_path, name
):
    specs = {
        "03_hybrid_stem": ViTSpec(32, 2, 4, 64, 4, stem=ResNetStem((), 0.5)),
        "03_hybrid_r11": ViTSpec(32, 1, 2, 48, 1, stem=ResNetStem((1, 1), 0.5)),
    }
    expected = golden(f"{name}.ckpt.npz")
    side = {"03_hybrid_stem": 64, "03_hybrid_r11": 40}[name]
    classes = len(expected["head/bias"])
    network = vit(specs[name], num_classes=classes, image_size=side)
    load(network, golden_folder / f"{name}.ckpt.npz")
    save(network, tmp_path / "mine.npz")
    with np.load(tmp_path / "mine.npz") as file:
        assert {key: file[key].shape for key in file.files} == {
            key: array.shape for key, array in expected.items()
        }


def test_norms_of_a_stem_may_be_stored_flat(golden, tmp_path):
    stored = dict(golden("03_hybrid_stem.ckpt.npz"))
    scale = stored["gn_root/scale"]
    stored |= {name: stored[name].reshape(-1) for name in stored if "gn_" in name}
    spec = ViTSpec(32, 2, 4, 64, 4, stem=ResNetStem((), 0.5))
    network = vit(spec, num_classes=6, image_size=64)
    load(network, written(tmp_path / "flat.npz", stored))
    found = network.get_layer("root_norm").gamma.numpy()
    np.testing.assert_array_equal(found, scale.reshape(-1))


def test_representation_that_the_network_does_without_is_left_out(golden_folder):
    network = tiny()
    told = load(network, golden_folder / REPRESENTATION, head="fit")
    assert told.endswith(
        ", without pre_logits/kernel, pre_logits/bias; new zero head for 10 classes."
    )
    assert not network.get_layer("logits").kernel.numpy().any()


def test_head_of_the_right_shape_behind_a_missing_representation_is_not_taken(
    tmp_path,
):
    network = tiny(representation_size=32)  # as wide as a token
    network.get_layer("logits").kernel.assign(np.ones((32, 10)))
    save(network, tmp_path / "mine.npz")
    other = tiny()
    load(other, tmp_path / "mine.npz", head="fit")
    assert not other.get_layer("logits").kernel.numpy().any()


def test_head_behind_a_missing_representation_is_not_kept(golden_folder):
    with pytest.raises(InputError, match="stands behind pre_logits/kernel"):
        load(tiny(), golden_folder / REPRESENTATION, head="keep")


def test_network_of_another_shape_is_described(golden_folder):
    network = vit(TINY, num_classes=10, image_size=32, depth=1)
    with pytest.raises(InputError, match="2 blocks of 32, patches of 8, the network"):
        load(network, golden_folder / TOKEN)


@pytest.mark.parametrize("size", [(16, 24), (8, 32)])
def test_grid_that_is_no_square_is_not_written(tmp_path, size):
    with pytest.raises(InputError, match=f"one of {size[0] // 8} x {size[1] // 8} can"):
        save(tiny(size=size), tmp_path / "mine.npz")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("interpolation", [None, "bicubic"])
def test_square_positions_are_resized_to_any_grid(golden_folder, arrays, interpolation):
    network = tiny(size=(16, 40))
    options = {"positions": interpolation} if interpolation else {}
    load(network, golden_folder / TOKEN, **options)
    stored = arrays[POSITIONS]
    expected = resize_positions(stored, (4, 4), (2, 5), interpolation or "bilinear")
    found = network.get_layer("positions").positions
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"positions": "learned_2d"}, "Transformer/posembed_input/rows"),
        ({"classifier": "map"}, "MAPHead_0/MultiHeadDotProductAttention_0/out/kernel"),
        ({"classifier": "map"}, "MAPHead_0/probe"),
    ],
)
def test_every_kind_of_network_comes_back_from_its_file(tmp_path, changes, name):
    network, other = (tiny(**changes) for _ in range(2))
    save(network, tmp_path / "mine.npz")
    with np.load(tmp_path / "mine.npz") as file:
        assert name in file.files
    load(other, tmp_path / "mine.npz")
    for found, expected in zip(other.weights, network.weights, strict=True):
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    "name", ["Transformer/encoder_norm/bias", "params/img/Transformer/x"]
)
def test_file_is_recognised_by_its_names(name):
    assert layout_of_file([name]) is LAYOUT


def test_plain_names_stay():
    name = "Transformer/encoderblock_0/LayerNorm_0/scale"
    assert plain_name(name) == name
