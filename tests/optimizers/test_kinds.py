import dataclasses

import keras
import pytest

from bit_keras.optimizers import OPTIMIZERS, Table
from bit_keras.recipes import Recipe

pytestmark = pytest.mark.backend

RECIPE = Recipe(resize=8, crop=8, steps=3, momentum=0.5, weight_decay=0.25)


def made(name, multipliers=None, **fields):
    recipe = dataclasses.replace(RECIPE, **fields)
    return OPTIMIZERS[name].make(Table(recipe.rates()), recipe, multipliers or {})


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


@pytest.mark.parametrize("name", ["sgd", "rmsprop_tf"])
def test_the_momentum_is_that_of_the_recipe(name):
    assert made(name).momentum == 0.5


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_units_are_clipped_as_the_recipe_says(name):
    assert made(name, adaptive_clip=0.01).adaptive_clip == 0.01


def test_the_momentum_looks_ahead_where_the_recipe_says_so():
    assert not made("sgd").nesterov
    assert made("sgd", nesterov=True).nesterov


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_whole_gradient_is_left_to_the_learner_to_clip(name):
    assert made(name, clip_norm=0.5).global_clipnorm is None
