import pytest

from bit_keras.errors import InputError
from bit_keras.families.resnet import VARIANTS, ResNetSpec

SIMCLR = {"pool": "same", "shortcut": "every_stage"}
DEEP = {**SIMCLR, "stem": "deep", "average_shortcut": True, "sk_ratio": 0.0625}
R50, R101, R152 = (3, 4, 6, 3), (3, 4, 23, 3), (3, 8, 36, 3)


@pytest.mark.parametrize(
    ("variant", "parameters"),
    [
        ("r18", 11_689_512),
        ("r34", 21_797_672),
        ("r50", 25_557_032),
        ("r101", 44_549_160),
        ("r152", 60_192_808),
        ("r50d", 25_576_264),
    ],
)
def test_parameters_for_imagenet_are_those_of_timm(variant, parameters):
    assert VARIANTS[variant].parameters(1000) == parameters


@pytest.mark.parametrize(
    ("depths", "width", "changes", "millions"),
    [
        (R50, 1, SIMCLR, 23.51),
        (R50, 2, SIMCLR, 93.91),
        (R50, 4, SIMCLR, 375.4),
        (R50, 1, DEEP, 35.2),
        (R50, 2, DEEP, 140.3),
        (R101, 1, SIMCLR, 42.5),
        (R101, 1, DEEP, 64.7),
        (R101, 2, DEEP, 257.1),
        (R152, 1, DEEP, 88.9),
        (R152, 3, DEEP, 794.7),
    ],
)
def test_parameters_of_encoders_are_those_of_simclr(depths, width, changes, millions):
    spec = ResNetSpec(depths, width=width, **changes)
    assert spec.parameters() / 1e6 == pytest.approx(millions, rel=2e-3)


def test_basic_encoder_for_cifar_has_the_parameters_of_simclr():
    spec = ResNetSpec((2, 2, 2, 2), "basic", stem="cifar", shortcut="every_stage")
    assert spec.parameters() == 11_173_056


def test_network_of_he_for_cifar_has_the_parameters_of_the_paper():
    assert VARIANTS["r20"].parameters(10) / 1e6 == pytest.approx(0.27, abs=0.005)


def test_multiply_adds_of_resnet_50_are_those_of_timm():
    assert VARIANTS["r50"].multiply_adds((224, 224)) / 1e9 == pytest.approx(4.1, 0.005)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"block": "inverted"}, "block is basic or bottleneck. Received: inverted"),
        ({"stem": "small"}, "stem is imagenet or deep or cifar"),
        ({"pool": "valid"}, "pool is symmetric or same"),
        ({"shortcut": "none"}, "shortcut is needed or every_stage or padded"),
        ({"shortcut": "padded"}, "'padded' with block='basic' alone"),
        ({"norm": "layer"}, "norm is batch or group"),
        ({"norm": "group", "width": 0.25}, "a multiple of 0.5"),
        ({"initializer": "normal"}, "initializer is fan_out or fan_in"),
        ({"width": 0}, "width is above 0"),
        ({"width": float("inf")}, "width is above 0"),
        ({"sk_ratio": -1}, "sk_ratio is a number from 0"),
        ({"stochastic_depth": 1}, "stochastic_depth is from 0 to below 1"),
        ({"width": 0.01}, "at least 1 channel"),
        ({"stem": "deep", "width": 3 / 64}, "an even number of channels"),
        ({"depths": ()}, "depths is whole numbers from 1"),
        ({"depths": (1, 0)}, "depths is whole numbers from 1"),
    ],
)
def test_spec_out_of_range_is_refused(changes, told):
    with pytest.raises(InputError, match=told):
        ResNetSpec(**{"depths": (1, 1), **changes})
