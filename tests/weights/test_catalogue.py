import pathlib

import pytest

from bit_keras.errors import InputError
from bit_keras.families import FAMILIES, Family, PublishedFile
from bit_keras.weights.catalogue import catalogue, find, known


def test_every_public_file_is_listed_once():
    # S, M and fine-tuned M in six sizes, CIFAR-10, distilled, and 5 x 19 x 3 of VTAB.
    files = catalogue()
    bit = 3 * 6 + 1 + 8 + 285
    # ImageNet-21k, fine-tuned at two sizes, sam, gsam, augreg, big_vision.
    vit = 8 + 5 + 2 + 4 + 4 + 10 + 3
    # Three procedures for six networks, and five more for ResNet-50.
    resnet = 3 * 6 + 5
    assert len(files) == bit + vit + resnet
    assert len({file.url for file in files.values()}) == len(files)
    assert all(name == file.name for name, file in files.items())


@pytest.mark.parametrize(
    ("name", "path", "network", "num_classes"),
    [
        ("BiT-S-R101x3", "BiT-S-R101x3.npz", "bit_r101x3", 1000),
        ("BiT-M-R152x2", "BiT-M-R152x2.npz", "bit_r152x2", 21843),
        ("BiT-M-R50x1-CIFAR10", "BiT-M-R50x1-CIFAR10.npz", "bit_r50x1", 10),
        (
            "BiT-M-R152x4-ILSVRC2012",
            "BiT-M-R152x4-ILSVRC2012.npz",
            "bit_r152x4",
            1000,
        ),
        (
            "vtab/BiT-M-R50x3-run2-smallnorb-azimuth",
            "vtab/BiT-M-R50x3-run2-smallnorb-azimuth.npz",
            "bit_r50x3",
            18,
        ),
        ("distill/R50x1_160", "distill/R50x1_160.npz", "bit_r50x1", 1000),
        ("distill/R152x2_T_sun128", "distill/R152x2_T_sun128.npz", "bit_r152x2", 397),
    ],
)
def test_entry_says_where_the_file_is_and_what_it_holds(
    name, path, network, num_classes
):
    file = catalogue()[name]
    assert file.url == f"https://storage.googleapis.com/bit_models/{path}"
    assert (file.network, file.num_classes) == (network, num_classes)


def test_networks_of_bit_are_the_six_released_sizes():
    networks = {file.network for file in FAMILIES["bit"].published.values()}
    assert networks == {
        "bit_r50x1",
        "bit_r50x3",
        "bit_r101x1",
        "bit_r101x3",
        "bit_r152x2",
        "bit_r152x4",
    }


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("bit-m-r50X1.npz", "BiT-M-R50x1"),
        ("FunMatch-224px-i1k82.8", "distill/R50x1_224"),
        ("FunMatch-160px-i1k80.5", "distill/R50x1_160"),
        ("BiT-M-R50x1-run0-caltech101", "vtab/BiT-M-R50x1-run0-caltech101"),
        ("r152x2_t_pet128", "distill/R152x2_T_pet128"),
    ],
)
def test_other_spellings_mean_the_same_file(spelling, name):
    assert find(spelling).name == name


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [("BiT-M-R50x11", "'BiT-M-R50x1'"), ("FunMatch-224", "'FunMatch-224px-i1k82.8'")],
)
def test_unknown_name_is_answered_with_the_nearest(wrong, meant):
    with pytest.raises(InputError, match=f"'{wrong}'.*Did you mean.*{meant}"):
        find(wrong)


def test_changing_the_dictionary_leaves_the_catalogue_alone():
    catalogue().clear()
    assert find("BiT-S-R50x1").num_classes == 1000


def published(*names, **facts):
    """A family of files for one network, each with ten classes."""
    facts = {"network": "bit_tiny", "num_classes": 10} | facts
    files = {
        name: PublishedFile(name, f"https://host/{name}", **facts) for name in names
    }
    return Family("other", {}, {}, files)


def test_name_that_several_files_have_needs_its_folder(monkeypatch):
    monkeypatch.setitem(FAMILIES, "other", published("one/B_16", "two/B_16"))
    assert find("two/b_16").name == "two/B_16"
    with pytest.raises(InputError, match="several published.* one/B_16, two/B_16"):
        find("B_16")


def test_name_of_the_augreg_grammar_is_known_without_being_listed():
    name = "B_16-i21k-30ep-lr_0.001-aug_strong2-wd_0.03-do_0.1-sd_0.0"
    assert f"augreg/{name}" not in catalogue()
    assert find(name).network == "vit_b16"
    file = known(pathlib.Path(f"{name}.npz"), 21_843, "vit_b16")
    assert file.name == f"augreg/{name}"


def place(name):
    return pathlib.Path("/data") / f"{name}.npz"


@pytest.mark.parametrize(
    "name",
    ["distill/R50x1_160", "downloads/R50x1_160", "downloads/FunMatch-160px-i1k80.5"],
)
def test_local_file_is_known_by_its_name(name):
    file = known(place(name), 1000, "bit_r50x1")
    assert (file.name, file.crop) == ("distill/R50x1_160", 160)


def test_local_file_is_known_by_its_folder_where_the_name_is_not_enough(monkeypatch):
    files = published("one/B_16").published | published("two/B_16", crop=384).published
    monkeypatch.setitem(FAMILIES, "other", Family("other", {}, {}, files))
    assert known(place("two/B_16"), 10, "bit_tiny").name == "two/B_16"
    assert known(place("downloads/B_16"), 10, "bit_tiny") is None


@pytest.mark.parametrize(
    ("crop", "names"),
    [
        (384, ("imagenet21k+imagenet2012/ViT-B_16",)),
        (224, ("sam/ViT-B_16", "gsam/ViT-B_16")),
    ],
)
def test_local_file_is_known_by_the_size_of_its_images(crop, names):
    file = known(place("ViT-B_16"), 1000, "vit_b16", crop)
    assert file.name in names
    assert (file.crop, file.words) == (crop, "imagenet_1k")


def test_file_for_images_of_another_size_is_not_the_published_one():
    assert known(place("sam/ViT-B_16"), 1000, "vit_b16", 512) is None


def test_files_that_differ_in_nothing_that_is_asked_are_one(monkeypatch):
    monkeypatch.setitem(FAMILIES, "other", published("one/B_16", "two/B_16", crop=96))
    assert known(place("B_16"), 10, "bit_tiny").crop == 96


@pytest.mark.parametrize(
    ("num_classes", "network"),
    [(37, "bit_r50x1"), (None, "bit_r50x1"), (10, "bit_r26x1")],
)
def test_file_of_other_contents_is_not_the_published_one_of_its_name(
    num_classes, network
):
    assert known(place("BiT-M-R50x1-CIFAR10"), num_classes, network) is None


def test_file_of_a_name_that_has_several_sizes_is_not_known_without_its_own():
    assert known(place("ViT-B_16"), 1000, "vit_b16") is None


def test_file_of_any_name_with_the_classes_of_imagenet_21k_is_known():
    file = known(place("mine"), 21_843, "bit_r101x1")
    assert (file.name, file.multi_label) == ("BiT-M-R101x1", True)


@pytest.mark.parametrize("num_classes", [1000, 10, 397])
def test_somebody_s_own_classes_are_not_taken_for_published_ones(num_classes):
    # One published file of bit_r152x2 alone has 397 classes.
    assert known(place("mine"), num_classes, "bit_r152x2") is None
