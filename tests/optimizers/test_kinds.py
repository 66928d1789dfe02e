import keras
import pytest

from bit_keras.optimizers import OPTIMIZERS, Table
from bit_keras.recipes import Recipe

pytestmark = pytest.mark.backend

RECIPE = Recipe(resize=8, crop=8, steps=3, momentum=0.5, weight_decay=0.25)


def made(name, multipliers=None):
    return OPTIMIZERS[name].make(Table(RECIPE.rates()), RECIPE, multipliers or {})


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_each_weight_has_the_slots_that_are_told(name):
    optimizer = made(name)
    shared = len(optimizer.variables)
    optimizer.build([keras.Variable([1.0, 2.0]), keras.Variable([3.0])])
    assert len(optimizer.variables) - shared == 2 * OPTIMIZERS[name].slots


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_rates_decay_and_multipliers_are_those_given(name):
    optimizer = made(name, {"logits": 10.0})
    assert float(optimizer.learning_rate) == pytest.approx(0.003)
    assert optimizer.decay_rate == 0.25
    assert optimizer.multipliers == {"logits": 10.0}


def test_the_momentum_is_that_of_the_recipe():
    assert made("sgd").momentum == 0.5
