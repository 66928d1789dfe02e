import dataclasses

import pytest

from bit_keras.errors import InputError
from bit_keras.families.vit import (
    FAMILY,
    VARIANTS,
    ResNetStem,
    ViTSpec,
    augreg,
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


def test_stem_of_the_paper_has_the_stride_of_its_stages():
    assert [ResNetStem((1,) * n).stride for n in range(5)] == [4, 4, 8, 16, 32]


@pytest.mark.parametrize(
    ("name", "network", "classes", "crop"),
    [
        (
            "augreg/Ti_16-i21k-300ep-lr_0.001-aug_none-wd_0.03-do_0.0-sd_0.0",
            "vit_ti16",
            21_843,
            224,
        ),
        (
            "B_32-i1k-300ep-lr_0.001-aug_medium2-wd_0.1-do_0.1-sd_0.1",
            "vit_b32",
            1000,
            224,
        ),
        (
            "R26_S_32-i21k-300ep-lr_0.001-aug_light1-wd_0.1-do_0.0-sd_0.0--cifar100"
            "-steps_10k-lr_0.003-res_384",
            "vit_r26_s32",
            100,
            384,
        ),
    ],
)
def test_augreg_file_is_known_by_the_grammar_of_its_name(name, network, classes, crop):
    file = augreg(name)
    assert (file.network, file.num_classes, file.crop) == (network, classes, crop)
    assert file.multi_label == (classes == 21_843)
    assert file.name == f"augreg/{name.removeprefix('augreg/')}"
    assert file.url == f"https://storage.googleapis.com/vit_models/{file.name}.npz"


@pytest.mark.parametrize(
    "name",
    ["Ti_16", "X_16-i21k-300ep-lr_0.001-aug_none-wd_0.03-do_0.0-sd_0.0", "photo"],
)
def test_other_names_are_no_augreg_files(name):
    assert augreg(name) is None


def test_files_of_one_name_in_several_folders_are_listed_with_them():
    names = [name for name in FAMILY.published if name.endswith("/ViT-B_16")]
    assert names == [
        "imagenet21k/ViT-B_16",
        "imagenet21k+imagenet2012/ViT-B_16",
        "sam/ViT-B_16",
        "gsam/ViT-B_16",
    ]


def test_plus_in_an_address_is_quoted():
    url = FAMILY.published["imagenet21k+imagenet2012/R50+ViT-B_16"].url
    assert url.endswith("vit_models/imagenet21k%2Bimagenet2012/R50%2BViT-B_16.npz")
