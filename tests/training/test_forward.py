"""What a training step draws and keeps does not depend on how the batch is spread."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from bit_keras.errors import InputError
from bit_keras.layers import Dropout, StochasticDepth
from bit_keras.training import Learner


@pytest.fixture(scope="module")
def random_network():
    """Gives a function: (batch_norm) -> a new network, the same every time."""

    def build(batch_norm=False):
        keras.utils.set_random_seed(3)
        inputs = keras.Input((16, 16, 3))
        x = keras.layers.Rescaling(1 / 127.5, -1)(inputs)
        x = shortcut = keras.layers.Conv2D(8, 3, strides=4)(x)
        for _ in range(2):
            x = keras.layers.Conv2D(8, 3, padding="same", activation="relu")(x)
            if batch_norm:
                x = keras.layers.BatchNormalization(synchronized=True)(x)
            x = StochasticDepth(0.3)(x)
            x = shortcut = keras.layers.Add()([x, shortcut])
        x = keras.layers.GlobalAveragePooling2D()(x)
        x = Dropout(0.4)(x)
        return keras.Model(inputs, keras.layers.Dense(3, name="logits")(x))

    return build


def moved(learner, other):
    return max(
        np.abs(a - b).max()
        for a, b in zip(
            learner.network.get_weights(), other.network.get_weights(), strict=True
        )
    )


@pytest.fixture(scope="module")
def whole(random_network, small_recipe, batches, trained):
    return trained(random_network, small_recipe(), batches)[0]


@pytest.mark.parametrize(
    ("fields", "replicas"),
    [
        ({"micro_batch": 1}, 1),
        ({"micro_batch": 4}, 1),
        ({"micro_batch": 2}, 2),
        ({}, 2),
        ({"remat": True}, 1),
        ({"remat": True, "micro_batch": 2}, 2),
    ],
)
def test_masks_are_those_of_the_whole_batch(
    random_network, small_recipe, batches, trained, two, whole, fields, replicas
):
    strategy = two if replicas == 2 else None
    parts, _ = trained(random_network, small_recipe(**fields), batches, strategy)
    assert moved(whole, parts) < 1e-6


def test_a_group_of_examples_shares_a_draw_however_the_batch_is_spread(
    random_network, small_recipe, batches, trained, two, whole
):
    grouped, _ = trained(random_network, small_recipe(random_group=2), batches)
    assert moved(whole, grouped) > 1e-4
    recipe = small_recipe(random_group=2, micro_batch=2)
    parts, _ = trained(random_network, recipe, batches, two)
    assert moved(grouped, parts) < 1e-6


def test_another_seed_draws_other_masks(
    random_network, small_recipe, batches, trained, whole
):
    other, _ = trained(random_network, small_recipe(seed=1), batches)
    assert moved(whole, other) > 1e-4


def test_every_step_draws_other_masks(random_network, small_recipe, batches):
    learner = Learner(random_network(), small_recipe(base_lr=1e-9))
    losses = [
        float(learner.train_step(tuple(map(tf.constant, batches[0])))["loss"])
        for _ in range(3)
    ]
    assert len(set(losses)) == 3


def test_remat_moves_the_statistics_of_batch_norm_once(
    random_network, small_recipe, batches, trained
):
    plain, _ = trained(lambda: random_network(True), small_recipe(), batches)
    again, _ = trained(lambda: random_network(True), small_recipe(remat=True), batches)
    assert moved(plain, again) < 1e-6


def test_statistics_move_by_a_tenth_towards_those_of_the_batch(
    random_network, small_recipe, batches
):
    network = random_network(True)
    before_norm = keras.Model(network.inputs[0], network.layers[3].output)
    values = before_norm(batches[0][0]).numpy()
    learner = Learner(network, small_recipe(remat=True))
    learner.train_step(tuple(map(tf.constant, batches[0])))
    norm = network.layers[4]
    np.testing.assert_allclose(
        norm.moving_mean, 0.01 * values.mean((0, 1, 2)), rtol=1e-4, atol=1e-7
    )


def test_synchronized_statistics_of_two_replicas_are_those_of_one(
    random_network, small_recipe, batches, trained, two
):
    one, _ = trained(lambda: random_network(True), small_recipe(), batches)
    both, _ = trained(lambda: random_network(True), small_recipe(), batches, two)
    assert moved(one, both) < 1e-5


def test_statistics_go_from_part_to_part_of_a_batch(
    random_network, small_recipe, batches
):
    learner = Learner(random_network(True), small_recipe(micro_batch=4))
    learner.train_step(tuple(map(tf.constant, batches[0])))
    once = Learner(random_network(True), small_recipe(batch_size=4))
    once.train_step(tuple(tf.constant(x[:4]) for x in batches[0]))
    means = [one.network.layers[4].moving_mean.numpy() for one in (learner, once)]
    assert np.abs(means[0]).sum() > 1.5 * np.abs(means[1]).sum()


def test_parts_with_statistics_on_several_devices_are_refused(
    random_network, small_recipe, batches, trained, two
):
    recipe = small_recipe(micro_batch=2)
    with pytest.raises(InputError, match="cannot be kept over the parts of a batch"):
        trained(lambda: random_network(True), recipe, batches[:1], two)


def test_frozen_batch_norm_keeps_its_statistics(
    random_network, small_recipe, batches, trained
):
    before = random_network(True).layers[4].get_weights()
    recipe = small_recipe(batch_norm="frozen")
    learner, _ = trained(lambda: random_network(True), recipe, batches)
    for a, b in zip(before, learner.network.layers[4].get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert moved(learner, Learner(random_network(True), recipe)) > 1e-4


def test_frozen_statistics_go_through_in_parts_on_several_devices(
    random_network, small_recipe, batches, trained, two
):
    recipe = small_recipe(batch_norm="frozen", micro_batch=2)
    parts, _ = trained(lambda: random_network(True), recipe, batches, two)
    recipe = small_recipe(batch_norm="frozen")
    learner, _ = trained(lambda: random_network(True), recipe, batches)
    assert moved(learner, parts) < 1e-6


def test_random_layers_that_draw_for_a_whole_batch_are_refused_in_parts(
    small_recipe, batches, trained
):
    def build():
        inputs = keras.Input((16, 16, 3))
        x = keras.layers.Dropout(0.5)(keras.layers.Flatten()(inputs))
        return keras.Model(inputs, keras.layers.Dense(3, name="logits")(x))

    trained(build, small_recipe(), batches[:1])
    with pytest.raises(InputError, match="Dropout and StochasticDepth of bit_keras"):
        trained(build, small_recipe(micro_batch=2), batches[:1])


def test_less_is_kept_for_the_gradients_with_remat(
    small_network, small_recipe, batches
):
    def convolutions(recipe):
        learner = Learner(small_network(), recipe)
        step = tf.function(learner.train_step)
        graph = step.get_concrete_function(tuple(map(tf.constant, batches[0]))).graph
        return sum(op.type == "Conv2D" for op in graph.get_operations())

    # Those of the units are there a second time, in the backward pass.
    once = convolutions(small_recipe())
    assert convolutions(small_recipe(remat=True)) > 1.8 * once
