import keras
import pytest

from bit_keras.errors import InputError
from bit_keras.models import BiTSpec, bit
from bit_keras.training.freezing import freeze, parameter_table


@pytest.fixture
def network():
    return bit(BiTSpec((1, 1), 0.5), num_classes=3)


def trainable(network):
    return {
        layer.name.split("_")[0]
        for layer in network.layers
        if layer.trainable_variables
    }


def test_an_endpoint_is_frozen_with_all_before_it(network):
    freeze(network, "stage1")
    assert trainable(network) == {"block2", "head", "logits"}


def test_a_linear_probe_trains_the_head_alone(network):
    freeze(network, "pre_logits")
    assert trainable(network) == {"logits"}


def test_an_unknown_name_is_refused_with_a_suggestion(network):
    with pytest.raises(
        InputError, match="no 'stage_1' to freeze. Did you mean 'stage1'"
    ):
        freeze(network, "stage_1")


def test_a_network_with_nothing_left_to_train_is_refused(network):
    with pytest.raises(InputError, match="nothing is left to train"):
        freeze(network, "logits")


def test_parameters_are_counted_up_to_each_endpoint(network):
    freeze(network, "stage1")
    rows = [line.split() for line in parameter_table(network).splitlines()[1:]]
    table = {
        name: (int(a.replace(",", "")), int(b.replace(",", ""))) for name, a, b in rows
    }
    assert list(table) == ["root", "stage1", "stage2", "pre_logits", "logits", "all"]
    assert table["root"] == (0, 7 * 7 * 3 * 32)
    assert table["logits"] == (3 * 257, 3 * 257)
    assert table["all"][1] == network.count_params()
    assert table["all"][0] == sum(row[0] for row in list(table.values())[:-1])


def test_parameters_of_a_network_without_endpoints_are_counted_as_one():
    inputs = keras.Input((4,))
    outputs = keras.layers.Dense(2, name="last")(keras.layers.Dense(3)(inputs))
    rows = parameter_table(keras.Model(inputs, outputs)).splitlines()[1:]
    assert [row.split() for row in rows] == [["last", "23", "23"], ["all", "23", "23"]]
