import numpy as np
import pytest
from stand_ins import BETA, KERNEL, UNIT, Layer, Network, arrays, refused

from bit_keras.errors import InputError
from bit_keras.weights.layouts import LAYOUTS, Layout, Slot
from bit_keras.weights.loading import load


def test_kept_head_of_another_class_count_is_refused(written):
    path = written(arrays(1000))
    message = refused(Network(37), path, 'head for 1000 classes .* 37; pass head="new"')
    assert "leave out --keep-head" in message


def test_kept_head_that_the_file_lacks_is_refused(written):
    refused(Network(37), written(arrays(None)), 'has no head .*head="new"')


def test_missing_surplus_and_misshapen_arrays_are_listed(written):
    content = arrays(10)
    content["resnet/block1/unit02/a/extra"] = content.pop(UNIT)
    content[BETA] = np.zeros(5)
    message = refused(Network(10), written(content), "does not fit")
    assert f"1 missing: {UNIT}" in message
    assert "1 surplus: resnet/block1/unit02/a/extra" in message
    assert f"1 misshapen: {BETA} (5,) instead of (4,)" in message


def test_long_lists_are_cut_after_ten_with_their_count(written):
    content = arrays(10) | {f"resnet/extra{i:02d}": np.ones(1) for i in range(12)}
    message = refused(Network(10), written(content), "12 surplus")
    assert "resnet/extra09, … (12 in all)" in message
    assert "resnet/extra10" not in message


def test_head_of_other_features_is_refused(written):
    content = arrays(10)
    content[KERNEL] = np.zeros((1, 1, 8, 10))
    words = r"\(1, 1, 8, 10\) instead of \(1, 1, 4, 10\)"
    refused(Network(10), written(content), words)


def test_vision_transformer_file_is_named(written):
    content = {"Transformer/encoder_norm/bias": np.ones(4), "head/bias": np.ones(10)}
    refused(Network(10), written(content), "is a public ViT file, not an official BiT")


def test_network_of_another_layout_is_told_which_file_it_takes(written, monkeypatch):
    class Toy:
        name = "toy"
        layers = (Layer("dense", kernel=(2, 3)),)

    def slots(model):
        kernels = [layer.kernel for layer in model.layers if layer.name == "dense"]
        return {"toy/kernel": Slot(kernels[0], (3, 2), np.transpose)} if kernels else {}

    toy = Layout("a toy file", lambda names: "toy/kernel" in names, slots, ("b",), str)
    monkeypatch.setitem(LAYOUTS, "toy", toy)
    with pytest.raises(
        InputError, match="is an official BiT file, not a toy file; name a toy file"
    ):
        load(Toy(), written(arrays(10)))
    load(Toy(), written({"toy/kernel": np.arange(6.0).reshape(3, 2)}))
    assert Toy.layers[0].kernel.value.tolist() == [[0, 2, 4], [1, 3, 5]]


def test_missing_file_suggests_the_published_name():
    refused(Network(10), "BiT-M-R50x1.npz", "no weight file at.*'BiT-M-R50x1'")


def test_unknown_name_suggests_the_published_name():
    refused(Network(10), "BiT-M-R50y1", "no published weights.*'BiT-M-R50x1'")


def test_unknown_head_option_is_refused(written):
    refused(
        Network(10),
        written(arrays(10)),
        "'keep', 'new' or 'fit'.*'fresh'",
        head="fresh",
    )


def test_unknown_interpolation_of_positions_is_refused(written):
    words = "'bilinear' or 'bicubic', received 'cubic'"
    refused(Network(10), written(arrays(10)), words, positions="cubic")


def test_layer_that_files_of_the_layout_have_nothing_for_is_named(written):
    network = Network(10)
    network.layers.append(Layer("extra", kernel=(4, 4)))
    refused(network, written(arrays(10)), "has nothing for the weights of layers extra")
    assert (network.values()[0] == 7).all()
