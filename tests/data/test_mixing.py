import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from bit_keras.data import mixing
from bit_keras.recipes import Recipe

GOLDEN = np.load("tests/golden/06_bit_preprocess.npz", allow_pickle=False)
RECIPE = Recipe(resize=160, crop=128, steps=1, batch_size=6)


@pytest.mark.parametrize(
    "share", [n.split("_")[2] for n in GOLDEN.files if n.endswith("_x") and "rev" in n]
)
def test_mixup_agrees_with_the_reference(share):
    images, labels = mixing.mix((GOLDEN["mixup_x"], GOLDEN["mixup_y"]), float(share))
    np.testing.assert_allclose(images, GOLDEN[f"mixup_rev_{share}_x"], atol=1e-5)
    np.testing.assert_allclose(labels, GOLDEN[f"mixup_rev_{share}_y"], atol=1e-5)


def test_mixing_stays_within_groups_that_each_have_their_own_share():
    recipe = dataclasses.replace(RECIPE, mixup_alpha=0.5, mix_group=2)
    images = np.zeros((6, 1, 1, 1), "float32")
    labels = np.eye(6, dtype="float32")
    _, mixed = mixing.mix_groups((images, labels), recipe, tf.constant(0, tf.int64))
    mixed = mixed.numpy()
    for start in (0, 2, 4):
        np.testing.assert_allclose(mixed[start : start + 2, start : start + 2].sum(), 2)
    shares = mixed.diagonal()[::2]
    assert len(set(shares.tolist())) == 3


def test_groups_are_the_same_however_the_steps_are_cut():
    labels = np.eye(8, dtype="float32")
    images = np.zeros((8, 1, 1, 1), "float32")
    whole = dataclasses.replace(RECIPE, batch_size=8, mixup_alpha=0.5, mix_group=4)
    half = dataclasses.replace(whole, batch_size=4)
    _, once = mixing.mix_groups((images, labels), whole, tf.constant(6, tf.int64))
    twice = [
        mixing.mix_groups((images[:4], part), half, tf.constant(step, tf.int64))[1]
        for step, part in ((6, labels[:4]), (7, labels[4:]))
    ]
    np.testing.assert_array_equal(once, np.concatenate(twice))


@pytest.mark.parametrize("mixed_labels", ["presence", "threshold"])
def test_labels_keep_the_shares_of_images_where_the_loss_asks_for_classes(mixed_labels):
    recipe = dataclasses.replace(
        RECIPE, mixup_alpha=0.5, mix_group=2, loss="sigmoid", mixed_labels=mixed_labels
    )
    images, labels = np.zeros((2, 1, 1, 1), "float32"), np.eye(2, dtype="float32")
    weights, first = np.array([0, 3], "float32"), tf.constant(0, tf.int64)
    _, expected = mixing.mix_groups((images, labels), recipe, first)
    _, mixed, total = mixing.mix_groups((images, labels, weights), recipe, first)
    np.testing.assert_array_equal(mixed, expected)
    np.testing.assert_allclose(total, expected.numpy() @ weights, rtol=1e-6)


def test_shares_follow_the_beta_distribution_for_small_alpha():
    draw = tf.function(lambda k: mixing.beta(0.1, tf.stack([tf.zeros_like(k), k])))
    draws = np.array([draw(tf.constant(k, tf.int64)) for k in range(2000)])
    assert np.isfinite(draws).all()
    # Beta(0.1, 0.1): mean 1/2, variance 1 / (4 * (2 * 0.1 + 1)) = 0.2083.
    assert abs(draws.mean() - 0.5) < 0.04
    assert abs(draws.var() - 0.2083) < 0.01


def swapped(values, recipe, key):
    return tuple(tf.reverse(value, [0]) for value in values)


def test_a_mixer_may_be_added(monkeypatch):
    swapping = mixing.Mixer(swapped, on=lambda recipe: recipe.seed == 1, numbers=(1,))
    monkeypatch.setitem(mixing.MIXERS, "swapped", swapping)
    labels, images = np.eye(4, dtype="float32"), np.zeros((4, 1, 1, 1), "float32")
    recipe = Recipe(resize=1, crop=1, steps=1, batch_size=4, mix_group=2, seed=1)
    assert mixing.mixes(recipe)
    assert not mixing.mixes(dataclasses.replace(recipe, seed=0))
    _, mixed = mixing.mix_groups((images, labels), recipe, tf.constant(0, tf.int64))
    np.testing.assert_array_equal(mixed, labels[[1, 0, 3, 2]])
