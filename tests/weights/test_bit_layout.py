import types

import pytest

from bit_keras.weights.bit_layout import (
    describe,
    official_slots,
    plain_name,
    recognizes,
)
from bit_keras.weights.layout import Slot


def layer(name, **shapes):
    variables = {
        kind: types.SimpleNamespace(shape=shape) for kind, shape in shapes.items()
    }
    return types.SimpleNamespace(name=name, bias=None, **variables)


def model(*layers):
    ends = [
        layer("root_conv", kernel=(7, 7, 3, 8)),
        layer("head_norm", gamma=(4,), beta=(4,)),
    ]
    return types.SimpleNamespace(name="net", layers=[*ends, *layers])


@pytest.mark.parametrize(
    ("layer_name", "official"),
    [
        ("root_conv", "resnet/root_block/standardized_conv2d/kernel"),
        ("block1_unit01_a_conv", "resnet/block1/unit01/a/standardized_conv2d/kernel"),
        (
            "block4_unit01_a_proj",
            "resnet/block4/unit01/a/proj/standardized_conv2d/kernel",
        ),
        ("block3_unit36_c_conv", "resnet/block3/unit36/c/standardized_conv2d/kernel"),
    ],
)
def test_convolution_has_its_official_name(layer_name, official):
    convolution = layer(layer_name, kernel=(3, 3, 2, 5))
    slot = official_slots(model(convolution))[official]
    assert slot.variable is convolution.kernel
    assert slot.shape == (3, 3, 2, 5)


def test_norm_gives_gamma_and_beta():
    names = official_slots(model(layer("block2_unit03_b_norm", gamma=(6,), beta=(6,))))
    assert {name for name in names if "block2" in name} == {
        "resnet/block2/unit03/b/group_norm/gamma",
        "resnet/block2/unit03/b/group_norm/beta",
    }
    assert "resnet/group_norm/beta" in names


def test_head_is_stored_as_a_1x1_convolution():
    dense = types.SimpleNamespace(
        name="logits",
        kernel=types.SimpleNamespace(shape=(4, 10)),
        bias=types.SimpleNamespace(shape=(10,)),
    )
    names = official_slots(model(dense))
    assert names["resnet/head/conv2d/kernel"] == Slot(dense.kernel, (1, 1, 4, 10))
    assert names["resnet/head/conv2d/bias"] == Slot(dense.bias, (10,))


def test_layers_without_official_variables_are_passed_over():
    names = official_slots(model(layer("pre_logits"), layer("block1_unit01_add")))
    assert len(names) == 3


def test_network_of_another_family_has_no_slots():
    other = types.SimpleNamespace(name="vit", layers=[layer("logits", kernel=(1, 2))])
    assert official_slots(other) == {}


def test_description_counts_units_and_gives_the_root_width():
    shapes = {
        "resnet/root_block/standardized_conv2d/kernel": (7, 7, 3, 192),
        "resnet/block1/unit01/a/group_norm/gamma": (1,),
        "resnet/block1/unit02/a/group_norm/gamma": (1,),
        "resnet/block2/unit01/a/group_norm/gamma": (1,),
    }
    assert describe(shapes) == "units 2-1, root width 192"


def test_files_are_recognised_by_their_names():
    assert recognizes(["head/bias", "resnet/group_norm/beta"])
    assert not recognizes(["head/bias", "Transformer/encoder_norm/bias"])


def test_numbered_convolution_names_lose_their_number():
    assert plain_name("block1/a/standardized_conv2d_12/kernel") == (
        "block1/a/standardized_conv2d/kernel"
    )
    same = "block1/a/proj/standardized_conv2d/kernel"
    assert plain_name(same) == same
