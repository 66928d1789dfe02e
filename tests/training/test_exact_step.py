"""The update is that of the whole batch, however the batch is spread."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from bit_keras.models import ResNetSpec, resnet
from bit_keras.training import Learner

CONTROLS = {
    "clip_norm": 0.05,
    "adaptive_clip": 0.01,
    "weight_decay": 0.01,
    "ema_decay": 0.9,
}


def farthest(learner, other):
    """Gives the largest difference of the weights and of their averages."""
    return max(
        np.abs(a - b).max()
        for a, b in zip(
            [*learner.network.get_weights(), *learner.averaged_weights()],
            [*other.network.get_weights(), *other.averaged_weights()],
            strict=True,
        )
    )


@pytest.mark.parametrize(
    "controls", [{}, {**CONTROLS, "nesterov": True}], ids=["plain", "controls"]
)
@pytest.mark.parametrize("spread", ["micro-batches", "replicas", "both"])
def test_five_steps_of_sgd_are_those_of_the_whole_batch(
    small_network, small_recipe, batches, two, trained, controls, spread
):
    whole, logs = trained(small_network, small_recipe(**controls), batches)
    recipe = small_recipe(**controls, micro_batch=0 if spread == "replicas" else 2)
    strategy = None if spread == "micro-batches" else two
    parts, part_logs = trained(small_network, recipe, batches, strategy)
    assert farthest(whole, parts) < 1e-6
    assert part_logs == pytest.approx(logs, rel=1e-5)


@pytest.mark.parametrize(
    ("optimizer", "controls"),
    [("adamw", {}), ("adamw", CONTROLS), ("lamb", CONTROLS), ("rmsprop_tf", CONTROLS)],
    ids=["adamw", "adamw-controls", "lamb-controls", "rmsprop_tf-controls"],
)
@pytest.mark.parametrize("spread", ["micro-batches", "replicas", "both"])
def test_five_steps_of_other_optimizers_are_those_of_the_whole_batch(
    double_network, small_recipe, batches, two, trained, optimizer, controls, spread
):
    fields = {**controls, "optimizer": optimizer}
    whole, _ = trained(double_network, small_recipe(**fields), batches)
    recipe = small_recipe(**fields, micro_batch=0 if spread == "replicas" else 2)
    strategy = None if spread == "micro-batches" else two
    parts, _ = trained(double_network, recipe, batches, strategy)
    assert farthest(whole, parts) < 1e-9


class Keep(keras.optimizers.Optimizer):
    """Keeps the gradients it is given in place of the weights."""

    def update_step(self, gradient, variable, learning_rate):
        self.assign(variable, gradient)


@pytest.mark.parametrize("micro_batch", [0, 2])
@pytest.mark.parametrize("clip_norm", [0.0, 0.05])
def test_the_reduced_gradient_is_that_of_the_whole_batch(
    small_network,
    small_recipe,
    batches,
    two,
    micro_batch,
    clip_norm,
    monkeypatch,
    trained,
):
    monkeypatch.setattr(
        "bit_keras.training.learner._optimizer", lambda recipe: Keep(0.1)
    )
    recipe = small_recipe(clip_norm=clip_norm)
    whole, _ = trained(small_network, recipe, batches[:1])
    recipe = small_recipe(clip_norm=clip_norm, micro_batch=micro_batch)
    parts, _ = trained(small_network, recipe, batches[:1], two)
    expected = np.concatenate([w.ravel() for w in whole.network.get_weights()])
    found = np.concatenate([w.ravel() for w in parts.network.get_weights()])
    norm = np.linalg.norm(expected)
    assert np.linalg.norm(found - expected) < 1e-5 * norm
    if clip_norm:
        assert norm == pytest.approx(clip_norm, rel=1e-5)
    else:
        assert norm > 0.1  # so that 0.05 does clip


def test_float16_overflows_on_one_replica_skip_the_step_on_all(
    small_network, small_recipe, batches, two, trained
):
    images, labels = batches[0]
    weights = np.ones(8, "float32")
    weights[-1] = np.inf  # the last image lies on the second replica
    recipe = small_recipe(precision="mixed_float16")

    def build():
        return small_network("mixed_float16")

    learner, _ = trained(build, recipe, [(images, labels, weights)], two)
    for before, after in zip(
        build().get_weights(), learner.network.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(before, after)


def test_clipping_under_float16_is_that_of_the_unscaled_gradient(
    small_network, small_recipe, batches, trained
):
    fields = {"clip_norm": 0.05, "momentum": 0.0, "base_lr": 1.0}
    recipe = small_recipe(**fields, precision="mixed_float16")
    before = small_network("mixed_float16").get_weights()
    learner, _ = trained(lambda: small_network("mixed_float16"), recipe, batches[:1])
    moved = np.concatenate(
        [
            (a - b).ravel()
            for a, b in zip(before, learner.network.get_weights(), strict=True)
        ]
    )
    assert np.linalg.norm(moved) == pytest.approx(0.05, rel=1e-3)


def test_the_step_compiles_with_xla_to_the_same_numbers(
    small_network, small_recipe, batches, trained
):
    fields = {**CONTROLS, "micro_batch": 4, "remat": True, "base_lr": 0.003}
    plain, _ = trained(small_network, small_recipe(**fields), batches[:3])
    learner = Learner(small_network(), small_recipe(**fields))
    # What a TPU can take: no strings, no Python, all shapes known.
    step = tf.function(learner.train_step, jit_compile=True)
    for batch in batches[:3]:
        step(tuple(map(tf.constant, batch)))
    assert farthest(plain, learner) < 1e-5


def test_averages_follow_the_weights_at_their_decay(
    small_network, small_recipe, batches
):
    recipe = small_recipe(ema_decay=0.15)
    learner = Learner(small_network(), recipe)
    expected = [w.astype("float64") for w in learner.network.get_weights()]
    for step, batch in enumerate(batches[:3], start=1):
        learner.train_step(tuple(map(tf.constant, batch)))
        decay = [1 / 11, 0.15, 0.15][step - 1]  # step / (10 + step) at first
        expected = [
            decay * average + (1 - decay) * weight
            for average, weight in zip(
                expected, learner.network.get_weights(), strict=True
            )
        ]
    for average, weight in zip(learner.averaged_weights(), expected, strict=True):
        np.testing.assert_allclose(average, weight, rtol=1e-5, atol=1e-7)


def test_weights_of_examples_weight_their_losses(
    small_network, small_recipe, batches, trained
):
    images, labels = batches[0]
    weights = np.array([2, 0, 1, 0, 1, 0, 0, 0], "float32")
    weighted, logs = trained(small_network, small_recipe(), [(images, labels, weights)])
    chosen = [0, 0, 2, 4]  # of 8, so that the mean over them is twice as large
    repeated, other = trained(
        small_network,
        small_recipe(batch_size=4, base_lr=0.005),
        [(images[chosen], labels[chosen])],
    )
    assert farthest(weighted, repeated) < 1e-6
    assert logs["loss"] == pytest.approx(other["loss"] / 2, rel=1e-6)


def test_rematerialization_changes_no_update(
    small_network, small_recipe, batches, trained
):
    plain, _ = trained(small_network, small_recipe(), batches)
    again, _ = trained(small_network, small_recipe(remat=True), batches)
    assert farthest(plain, again) < 1e-6


def test_the_head_learns_at_its_own_rate(small_network, small_recipe, batches, trained):
    plain, _ = trained(small_network, small_recipe(momentum=0.0), batches[:1])
    recipe = small_recipe(momentum=0.0, head_lr_multiplier=10.0)
    faster, _ = trained(small_network, recipe, batches[:1])
    head = plain.network.get_layer("logits").get_weights()
    for slow, fast in zip(
        head, faster.network.get_layer("logits").get_weights(), strict=True
    ):
        np.testing.assert_allclose(fast, 10 * slow, rtol=1e-5)  # they began at zero
    root = plain.network.get_layer("root_conv").get_weights()[0]
    np.testing.assert_array_equal(
        root, faster.network.get_layer("root_conv").get_weights()[0]
    )


def test_what_is_frozen_stays(small_network, small_recipe, batches, trained):
    start = small_network()
    recipe = small_recipe(freeze="stage1", weight_decay=0.1, base_lr=0.1)
    learner, _ = trained(small_network, recipe, batches)
    changed = {
        layer.name
        for layer, before in zip(learner.network.layers, start.layers, strict=True)
        for a, b in zip(layer.get_weights(), before.get_weights(), strict=True)
        if (a != b).any()
    }
    assert changed == {"head_norm", "logits"}


def synchronized_network():
    """A ResNet in which every weight counts from the first step on."""
    keras.utils.set_random_seed(3)
    spec = ResNetSpec(
        (1, 1),
        "basic",
        0.25,
        stem="cifar",
        stochastic_depth=0.5,
        synchronized_batch_norm=True,
    )
    network = resnet(spec, num_classes=3)
    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.gamma.assign(np.full(layer.gamma.shape, 0.5))
    return network


def test_two_replicas_with_synchronized_batch_norm_are_one(
    small_recipe, batches, two, trained
):
    recipe = small_recipe(batch_norm="synchronized")
    whole, logs = trained(synchronized_network, recipe, batches)
    parts, part_logs = trained(synchronized_network, recipe, batches, two)
    assert farthest(whole, parts) < 1e-5
    assert part_logs == pytest.approx(logs, rel=1e-4)


def test_without_synchronization_each_replica_has_statistics_of_its_own(
    small_recipe, batches, two, trained
):
    def build():
        network = synchronized_network()
        for layer in network.layers:
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.synchronized = False
        return network

    whole, _ = trained(build, small_recipe(), batches)
    parts, _ = trained(build, small_recipe(), batches, two)
    assert farthest(whole, parts) > 1e-4
