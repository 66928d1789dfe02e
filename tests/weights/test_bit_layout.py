import types

import pytest

from bit_keras.errors import InputError
from bit_keras.weights.bit_layout import describe, foreign_family, official_names


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
    variable, shape = official_names(model(convolution))[official]
    assert variable is convolution.kernel
    assert shape == (3, 3, 2, 5)


def test_norm_gives_gamma_and_beta():
    names = official_names(model(layer("block2_unit03_b_norm", gamma=(6,), beta=(6,))))
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
    names = official_names(model(dense))
    assert names["resnet/head/conv2d/kernel"] == (dense.kernel, (1, 1, 4, 10))
    assert names["resnet/head/conv2d/bias"] == (dense.bias, (10,))


def test_layers_without_official_variables_are_passed_over():
    names = official_names(model(layer("pre_logits"), layer("block1_unit01_add")))
    assert len(names) == 3


def test_network_of_another_family_is_refused():
    other = types.SimpleNamespace(name="vit", layers=[layer("embedding", kernel=(1,))])
    with pytest.raises(InputError, match="'vit' is not a BiT network"):
        official_names(other)


def test_description_counts_units_and_gives_the_root_width():
    shapes = {
        "resnet/root_block/standardized_conv2d/kernel": (7, 7, 3, 192),
        "resnet/block1/unit01/a/group_norm/gamma": (1,),
        "resnet/block1/unit02/a/group_norm/gamma": (1,),
        "resnet/block2/unit01/a/group_norm/gamma": (1,),
    }
    assert describe(shapes) == "units 2-1, root width 192"


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("Transformer/encoder_norm/bias", "a Vision Transformer"),
        ("opt/target/Transformer/encoder_norm/bias", "a Vision Transformer"),
        ("conv_root/kernel", "a hybrid"),
        ("layer1.0.conv1.weight", "PyTorch"),
        ("something", "not an official BiT file"),
    ],
)
def test_files_of_other_families_are_recognised(name, family):
    assert family in foreign_family([name, "head/bias"])


def test_official_names_are_no_foreign_family():
    assert foreign_family(["resnet/group_norm/beta"]) is None
