import pytest

from bit_keras.errors import InputError
from bit_keras.families.bit import FAMILY, VARIANTS, BiTSpec

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
    assert set(VARIANTS) == {*PARAMETERS, "tiny"}


@pytest.mark.parametrize("variant", PARAMETERS)
def test_parameters_are_those_that_are_quoted(variant):
    backbone, imagenet_1k, imagenet_21k = PARAMETERS[variant]
    assert VARIANTS[variant].parameters() == backbone
    assert VARIANTS[variant].parameters(1000) == imagenet_1k
    if imagenet_21k:
        assert VARIANTS[variant].parameters(21843) == imagenet_21k


def test_other_channels_change_the_first_convolution_only():
    spec = VARIANTS["r50x1"]
    more = spec.parameters(channels=4) - spec.parameters()
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
    found = VARIANTS[variant].multiply_adds((224, 224))
    assert found == pytest.approx(giga * 1e9, rel=0.04)


def test_multiply_adds_of_one_small_unit_are_those_counted_by_hand():
    # 5 x 9 pixels; the root gives 3 x 5 of 32 channels, its pooling 2 x 3.
    root = 15 * 49 * 3 * 32
    unit = 6 * (32 * 32 + 9 * 32 * 32 + 32 * 128 + 32 * 128)
    assert BiTSpec((1,), 0.5).multiply_adds((5, 9)) == root + unit


def test_multiply_adds_grow_with_the_area():
    small = VARIANTS["r50x1"].multiply_adds((128, 256))
    assert VARIANTS["r50x1"].multiply_adds((256, 512)) == 4 * small


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


@pytest.mark.parametrize(
    ("variant", "crop", "expected"),
    [("r50x1", 224, 32), ("r152x1", 224, 32), ("r101x3", 480, 2), ("tiny", 224, 32)],
)
def test_so_many_images_leave_what_32_of_224_pixels_leave_in_r50x1(
    variant, crop, expected
):
    whole = 32 * VARIANTS["r50x1"].activations((224, 224))
    assert whole // VARIANTS[variant].activations((crop, crop)) == expected


def test_endpoints_are_the_root_the_stages_and_the_ends():
    expected = ("root", "stage1", "stage2", "pre_logits", "logits")
    assert BiTSpec((1, 3)).endpoints == expected


def test_networks_are_called_after_their_variants():
    assert FAMILY.networks == {f"bit_{variant}": variant for variant in VARIANTS}


@pytest.mark.parametrize(
    ("name", "crop"),
    [
        ("BiT-M-R50x1-ILSVRC2012", 480),
        ("BiT-S-R101x1", 224),
        ("BiT-M-R101x1", 224),
        ("BiT-M-R50x1-CIFAR10", 128),
        ("distill/R50x1_160", 160),
        ("distill/R152x2_T_384", 384),
        ("distill/R152x2_T_pet128", 128),
        ("vtab/BiT-M-R50x1-run0-svhn", 128),
        ("vtab/BiT-M-R50x1-run0-dsprites-xpos", 128),
        ("vtab/BiT-M-R50x1-run0-dtd", 480),
        # 96 x 96 pixels are not less than 96 x 96.
        ("vtab/BiT-M-R50x1-run0-patch_camelyon", 480),
    ],
)
def test_published_weights_take_images_of_the_size_they_were_tuned_on(name, crop):
    assert FAMILY.published[name].crop == crop


def test_weights_of_imagenet_21k_have_several_labels_told_by_sigmoids():
    several = [file for file in FAMILY.published.values() if file.multi_label]
    assert len(several) == 6
    for file in several:
        facts = file.num_classes, file.loss, file.words
        assert facts == (21_843, "sigmoid", "imagenet_21k")


def test_one_label_weights_of_1000_classes_have_the_words_of_imagenet():
    for file in FAMILY.published.values():
        if not file.multi_label:
            assert file.loss == "softmax"
            expected = "imagenet_1k" if file.num_classes == 1000 else None
            assert file.words == expected


def test_aliases_mean_published_files():
    assert set(FAMILY.aliases.values()) <= set(FAMILY.published)
