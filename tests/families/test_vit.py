import dataclasses

import pytest

from bit_keras.errors import InputError
from bit_keras.families.vit import (
    VARIANTS,
    ViTSpec,
)

# With 1000 classes at 224 pixels: vit_jax/models_test.py asserts all but those of the
# hybrids of the paper alone, which follow from the same formula.
PARAMETERS = {
    "ti16": 5_717_416,
    "s32": 22_878_952,
    "s16": 22_050_664,
    "b32": 88_224_232,
    "b16": 86_567_656,
    "b8": 86_576_872,
    "l32": 306_535_400,
    "l16": 304_326_632,
    "h14": 632_045_800,
    "r_ti16": 6_337_704,
    "r26_s32": 36_431_912,
    "r26_b32": 101_383_976,
    "r50_b16": 98_659_112,
    "r50_b32": 110_945_832,
    "r50_l16": 316_483_624,
    "r50_l32": 328_994_856,
}


@pytest.mark.parametrize("variant", PARAMETERS)
def test_parameters_are_those_that_are_quoted(variant):
    assert VARIANTS[variant].parameters(1000) == PARAMETERS[variant]


@pytest.mark.parametrize(
    ("variant", "count"),
    [
        ("b16", 86_566_120),
        ("s16", 22_049_896),
        ("b32", 88_222_696),
        ("s32", 22_878_184),
    ],
)
def test_without_class_token_there_are_as_many_as_are_quoted(variant, count):
    spec = dataclasses.replace(VARIANTS[variant], classifier="gap")
    assert spec.parameters(1000) == count


def test_larger_images_add_positions_alone():
    spec = VARIANTS["b16"]
    assert spec.parameters(1000, image_size=(384, 384)) == 86_859_496


# Giga multiply-adds at 224 pixels, counted by hand from the paper's table 1; at 518
# pixels H/14 has 37 x 37 patches.
@pytest.mark.parametrize(
    ("variant", "size", "giga"),
    [
        ("ti16", 224, 1.253),
        ("s16", 224, 4.598),
        ("b16", 224, 17.563),
        ("b16", 384, 55.48),
        ("l16", 224, 61.554),
        ("h14", 518, 1016.7),
    ],
)
def test_multiply_adds_are_those_that_are_quoted(variant, size, giga):
    found = VARIANTS[variant].multiply_adds((size, size))
    assert found == pytest.approx(giga * 1e9, rel=5e-4)


@pytest.mark.parametrize(
    ("variant", "grid"),
    [
        ("b16", (14, 14)),
        ("h14", (16, 16)),
        ("r_ti16", (7, 7)),  # its public name says 16, its stride is 32
        ("r26_s32", (7, 7)),
        ("r50_b16", (14, 14)),
        ("r50_l32", (7, 7)),
    ],
)
def test_grid_follows_from_the_stride(variant, grid):
    spec = VARIANTS[variant]
    assert spec.grid((224, 224)) == grid
    assert spec.stride == 224 // grid[0]


def test_grid_of_an_image_need_not_be_square():
    assert VARIANTS["b16"].grid((48, 100)) == (3, 6)
    assert VARIANTS["r26_s32"].grid((33, 70)) == (2, 3)  # halved upwards


def test_image_smaller_than_a_patch_is_refused():
    with pytest.raises(InputError, match="Images of 8 x 20 pixels are smaller than"):
        VARIANTS["b16"].grid((8, 20))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"heads": 5}, "heads must divide hidden"),
        ({"classifier": "mean"}, "classifier is one of token, gap, map"),
        ({"positions": "2d"}, "positions is one of learned"),
        ({"hidden": 30, "heads": 3, "positions": "sincos2d"}, "is a multiple of 4"),
    ],
)
def test_spec_that_makes_no_network_is_refused(changes, told):
    with pytest.raises(InputError, match=told):
        ViTSpec(
            **({"hidden": 32, "depth": 1, "heads": 4, "mlp": 8, "patch": 4} | changes)
        )
