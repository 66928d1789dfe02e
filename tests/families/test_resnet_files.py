import pytest

from bit_keras.weights.catalogue import find


@pytest.mark.parametrize(
    "name",
    [
        "timm/resnet50.a1_in1k",
        "resnet50.a1_in1k",
        "resnet50_a1_0-14fe96d1",
        "resnet50_a1_0-14fe96d1.pth",
    ],
)
def test_file_is_known_by_its_name_in_timm_and_by_that_of_the_release(name):
    file = find(name)
    assert (file.network, file.num_classes) == ("resnet50", 1000)
    assert file.url.endswith("/timm/resnet50.a1_in1k/resolve/main/model.safetensors")


def test_photographs_are_cut_as_the_paper_tests():
    preprocessing = find("resnet50.a3_in1k").preprocessing
    assert (preprocessing.crop, preprocessing.short_side) == (224, 235)
    assert (preprocessing.interpolation, preprocessing.antialias) == ("bicubic", True)


@pytest.mark.parametrize(
    ("procedure", "loss"), [("a1", "sigmoid"), ("d", "sigmoid"), ("b1k", "softmax")]
)
def test_logits_are_those_of_the_loss_that_the_network_was_trained_with(
    procedure, loss
):
    file = find(f"resnet50.{procedure}_in1k")
    assert file.loss == loss
    assert not file.multi_label
