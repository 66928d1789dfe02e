import numpy as np
import pytest

from bit_keras.errors import InputError
from bit_keras.models import BiTSpec, bit, build, endpoint
from bit_keras.weights.bit_layout import official_slots

pytestmark = pytest.mark.backend


def test_network_is_built_by_its_name():
    network = build("bit_tiny", num_classes=3)
    assert network.name == "bit_tiny"
    assert network.output_shape == (None, 3)


def test_normalization_is_the_family_s_unless_it_is_given():
    def normalization(**arguments):
        return build("bit_tiny", **arguments).get_layer("normalization").normalization

    assert normalization() == "symmetric"
    assert normalization(normalization="unit") == "unit"


def test_units_from_ten_on_have_two_digits_in_official_files():
    names = official_slots(bit(BiTSpec((1, 11), 0.5)))
    assert "resnet/block2/unit11/c/standardized_conv2d/kernel" in names
    assert "resnet/block2/unit09/a/group_norm/gamma" in names
    assert len([name for name in names if "/proj/" in name]) == 2


def test_unknown_name_is_refused_with_a_suggestion():
    with pytest.raises(InputError, match=r"'bit_r50x9'.*Did you mean 'bit_r50x"):
        build("bit_r50x9")


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("root", (1, 17, 12, 32)),
        ("stage1", (1, 17, 12, 128)),
        ("stage2", (1, 9, 6, 256)),
        ("stage3", (1, 5, 3, 512)),
        ("stage4", (1, 3, 2, 1024)),
        ("pre_logits", (1, 1024)),
        ("logits", (1, 10)),
    ],
)
def test_endpoint_gives_the_features_of_its_name(reference, run_layer, name, shape):
    network = reference("r1111").network()
    given = np.random.default_rng(0).integers(0, 256, (1, 67, 48, 3), "uint8")
    assert run_layer(endpoint(network, name), given).shape == shape


def test_endpoint_shares_the_weights():
    network = bit(BiTSpec((1,), 0.5), num_classes=2)
    features = endpoint(network, "pre_logits")
    network.get_layer("head_norm").gamma.assign(np.full(128, 7.0))
    assert (features.get_layer("head_norm").get_weights()[0] == 7).all()


def test_unknown_endpoint_is_refused_with_the_known_ones():
    network = bit(BiTSpec((1, 1), 0.5), num_classes=2)
    with pytest.raises(InputError, match="Did you mean 'stage2'") as caught:
        endpoint(network, "stage22")
    assert "Endpoints: root, stage1, stage2, pre_logits, logits" in str(caught.value)


def test_network_without_classes_offers_no_logits():
    with pytest.raises(InputError, match="stage1, pre_logits$"):
        endpoint(bit(BiTSpec((1,), 0.5)), "logits")
