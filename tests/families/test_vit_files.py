import pytest

from bit_keras.families.vit import FAMILY
from bit_keras.families.vit_files import augreg


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
