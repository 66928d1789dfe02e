import pytest

from bit_keras.errors import InputError
from bit_keras.specs import (
    BIT_VARIANTS,
    REGISTRY,
    BiTSpec,
    bit_multiply_adds,
    bit_parameters,
    bit_spec,
    registry_entry,
)

# Without a head, with 1000 and with 21843 classes. With 1000 classes, timm's results
# list 25.55, 217.32, 44.54, 387.93, 236.34 and 936.53 million for the published six.
PARAMETERS = {
    "r26x1": (13_938_496, 15_987_496, 58_694_803),
    "r50x1": (23_500_352, 25_549_352, 68_256_659),
    "r50x2": (93_891_712, 97_988_712, None),
    "r50x3": (211_174_080, 217_319_080, 345_399_315),
    "r101x1": (42_492_480, 44_541_480, 87_248_787),
    "r101x3": (381_789_888, 387_934_888, 516_015_123),
    "r152x1": (58_136_128, 60_185_128, None),
    "r152x2": (232_238_208, 236_335_208, 321_728_979),
    "r152x4": (928_340_224, 936_533_224, 1_107_299_923),
    "r200x3": (562_488_000, 568_633_000, 696_713_235),
}


def test_every_variant_has_a_count():
    assert set(BIT_VARIANTS) == {*PARAMETERS, "tiny"}


@pytest.mark.parametrize("variant", PARAMETERS)
def test_parameters_are_those_that_are_quoted(variant):
    backbone, imagenet_1k, imagenet_21k = PARAMETERS[variant]
    assert bit_parameters(variant) == backbone
    assert bit_parameters(variant, num_classes=1000) == imagenet_1k
    if imagenet_21k:
        assert bit_parameters(variant, num_classes=21843) == imagenet_21k


def test_other_channels_change_the_first_convolution_only():
    more = bit_parameters("r50x1", channels=4) - bit_parameters("r50x1")
    assert more == 7 * 7 * 64


# Giga multiply-adds at 224 pixels in timm's benchmark files.
@pytest.mark.parametrize(
    ("variant", "giga"),
    [
        ("r50x1", 4.23),
        ("r50x3", 37.06),
        ("r101x1", 8.04),
        ("r101x3", 71.23),
        ("r152x2", 46.95),
        ("r152x4", 186.9),
    ],
)
def test_multiply_adds_are_near_those_that_are_quoted(variant, giga):
    found = bit_multiply_adds(variant, (224, 224))
    assert found == pytest.approx(giga * 1e9, rel=0.04)


def test_multiply_adds_of_one_small_unit_are_those_counted_by_hand():
    # 5 x 9 pixels; the root gives 3 x 5 of 32 channels, its pooling 2 x 3.
    root = 15 * 49 * 3 * 32
    unit = 6 * (32 * 32 + 9 * 32 * 32 + 32 * 128 + 32 * 128)
    assert bit_multiply_adds(BiTSpec((1,), 0.5), (5, 9)) == root + unit


def test_multiply_adds_grow_with_the_area():
    small = bit_multiply_adds("r50x1", (128, 256))
    assert bit_multiply_adds("r50x1", (256, 512)) == 4 * small


def test_units_tell_channels_and_strides():
    assert list(BiTSpec((2, 1), 0.5).units()) == [
        (1, 1, 32, 32, 1),
        (1, 2, 128, 32, 1),
        (2, 1, 128, 64, 2),
    ]


@pytest.mark.parametrize("width", [0, -1, 0.25, 1.3])
def test_width_that_the_groups_do_not_divide_is_refused(width):
    with pytest.raises(InputError, match=f"multiple of 0.5. Received: {width}"):
        BiTSpec((1,), width)


@pytest.mark.parametrize("depths", [(), (1, 0)])
def test_stage_without_units_is_refused(depths):
    with pytest.raises(InputError, match="from 1. Received"):
        BiTSpec(depths)


def test_spec_is_its_own_variant():
    spec = BiTSpec((1, 2), 1)
    assert bit_spec(spec) is spec


def test_unknown_variant_is_refused_with_a_suggestion():
    with pytest.raises(InputError, match=r"'R50X1'. Did you mean 'r50x1'"):
        bit_spec("R50X1")


def test_registry_names_family_and_variant():
    assert registry_entry("bit_r101x3") == ("bit", "r101x3")
    assert set(REGISTRY) == {f"bit_{variant}" for variant in BIT_VARIANTS}


def test_unknown_registry_name_is_refused_with_a_suggestion():
    with pytest.raises(InputError, match="Did you mean 'bit_r26x1'"):
        registry_entry("bit_r26")
