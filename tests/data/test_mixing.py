import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from bit_keras.data import mixing
from bit_keras.errors import InputError
from bit_keras.recipes import Recipe
from bit_keras.recipes.names import CHOICES

GOLDEN = np.load("tests/golden/06_bit_preprocess.npz", allow_pickle=False)
TIMM = np.load("tests/golden/05_losses_timm.npz", allow_pickle=False)
RECIPE = Recipe(resize=160, crop=128, steps=1, batch_size=6, mixup_alpha=0.5)
FIRST = np.int64(0)  # a tensor would begin TensorFlow before devices are divided
SMOOTHING = 0.1


def mixed(images, labels, share, centre=None):
    """Images and labels mixed as one group, by CutMix where there is a centre."""
    draws = mixing.Draws(
        tf.constant([[centre is not None]]),
        tf.constant([[share]], tf.float64),
        tf.constant([[centre or (0, 0)]], tf.float32),
    )
    values = mixing.mix([tf.constant(x[np.newaxis]) for x in (images, labels)], draws)
    return [value.numpy()[0] for value in values]


def one_hot():
    return np.eye(10, dtype="float32")[TIMM["labels"]]


@pytest.mark.parametrize(
    "share", [n.split("_")[2] for n in GOLDEN.files if n.endswith("_x") and "rev" in n]
)
def test_mixup_agrees_with_the_reference(share):
    images, labels = mixed(GOLDEN["mixup_x"], GOLDEN["mixup_y"], float(share))
    np.testing.assert_allclose(images, GOLDEN[f"mixup_rev_{share}_x"], atol=1e-5)
    np.testing.assert_allclose(labels, GOLDEN[f"mixup_rev_{share}_y"], atol=1e-5)


@pytest.mark.parametrize("number", range(len(TIMM["lams"])))
def test_labels_of_mixup_are_those_of_timm(number):
    _, labels = mixed(TIMM["mix_x"], one_hot(), TIMM["lams"][number])
    expected = TIMM[f"mixup_target_sm0.0_lam{number}"]
    np.testing.assert_allclose(labels, expected, atol=1e-6)


@pytest.mark.parametrize("number", [2, 5])
def test_images_of_mixup_are_those_of_timm(number):
    images, _ = mixed(TIMM["mix_x"], one_hot(), TIMM["lams"][number])
    np.testing.assert_allclose(images, TIMM[f"mixup_x_lam{number}"], atol=1e-5)


def cutmix_case(number):
    share, top, left, *_ = TIMM["cutmix_cases"][number]
    centre = ((top + 0.5) / 32, (left + 0.5) / 32)
    return mixed(TIMM["mix_x"], one_hot(), share, centre)


@pytest.mark.parametrize("number", [0, 2, 3])
def test_images_of_cutmix_are_those_of_timm(number):
    images, _ = cutmix_case(number)
    np.testing.assert_array_equal(images, TIMM[f"cutmix_x_case{number}"])


@pytest.mark.parametrize("number", range(len(TIMM["cutmix_cases"])))
def test_labels_of_cutmix_once_smoothed_are_those_of_timm(number):
    _, labels = cutmix_case(number)
    smoothed = (1 - SMOOTHING) * labels + SMOOTHING / 10
    expected = TIMM[f"cutmix_target_sm0.1_case{number}"]
    np.testing.assert_allclose(smoothed, expected, atol=1e-6)


def shares_of(changes, count=6):
    """What each example of a group keeps of itself: the diagonal of mixed labels."""
    images = np.zeros((count, 99, 99, 1), "float32")
    labels = np.eye(count, dtype="float32")
    recipe = dataclasses.replace(RECIPE, batch_size=count, **changes)
    _, labels = mixing.mix_groups((images, labels), recipe, FIRST)
    np.testing.assert_allclose(tf.reduce_sum(labels, 1), 1, atol=1e-6)
    np.testing.assert_allclose(np.diag(labels) + np.diag(labels[:, ::-1]), 1, atol=1e-6)
    return np.diag(labels).tolist()


def test_mixing_stays_within_groups_that_each_have_their_own_share():
    recipe = dataclasses.replace(RECIPE, mix_group=2)
    images = np.zeros((6, 1, 1, 1), "float32")
    labels = np.eye(6, dtype="float32")
    _, labels = mixing.mix_groups((images, labels), recipe, FIRST)
    labels = labels.numpy()
    for start in (0, 2, 4):
        np.testing.assert_allclose(
            labels[start : start + 2, start : start + 2].sum(), 2
        )
    assert len(set(labels.diagonal()[::2].tolist())) == 3


@pytest.mark.parametrize("kind", ["mixup_alpha", "cutmix_alpha"])
def test_all_of_a_batch_make_use_of_one_draw(kind):
    changes = {"mixup_alpha": 0.0, kind: 1.0}
    assert len(set(shares_of(changes))) == 1


@pytest.mark.parametrize("kind", ["mixup_alpha", "cutmix_alpha"])
def test_the_two_of_a_pair_make_use_of_one_draw(kind):
    shares = shares_of({"mixup_alpha": 0.0, kind: 1.0, "mix_mode": "pair"})
    assert shares == shares[::-1]
    assert len(set(shares)) == 3


@pytest.mark.parametrize("kind", ["mixup_alpha", "cutmix_alpha"])
def test_every_element_may_have_a_draw_of_its_own(kind):
    shares = shares_of({"mixup_alpha": 0.0, kind: 1.0, "mix_mode": "elem"})
    assert len(set(shares)) == 6


def test_elements_are_mixed_with_partners_as_they_were():
    images = np.arange(6, dtype="float32").reshape(6, 1, 1, 1)
    labels = np.eye(6, dtype="float32")
    recipe = dataclasses.replace(RECIPE, mix_mode="elem")
    images, labels = mixing.mix_groups((images, labels), recipe, FIRST)
    np.testing.assert_allclose(
        images[:, 0, 0, 0], labels.numpy() @ np.arange(6), atol=1e-5
    )


@pytest.mark.parametrize("mode", CHOICES["mix_mode"])
def test_the_middle_one_of_an_odd_group_stays_as_it_is(mode):
    images = np.arange(5, dtype="float32").reshape(5, 1, 1, 1)
    recipe = dataclasses.replace(RECIPE, batch_size=5, mix_mode=mode)
    labels = np.eye(5, dtype="float32")
    images, labels = mixing.mix_groups((images, labels), recipe, FIRST)
    np.testing.assert_allclose(images[2], [[[2]]], atol=1e-6)
    np.testing.assert_allclose(labels[2], [0, 0, 1, 0, 0], atol=1e-6)
    assert labels[0, 4] > 0


def drawn(count=2000, **fields):
    key = tf.constant([0, 0], tf.int64)
    return [x.numpy() for x in mixing.draw(key, count, **fields)]


def test_examples_are_mixed_with_the_chance_that_is_asked_for():
    _, shares, _ = drawn(cutmix_alpha=1.0, probability=0.3)
    assert abs(np.mean(shares < 1) - 0.3) < 0.05


def test_cutmix_has_its_share_of_the_draws_and_its_own_alpha():
    cut, shares, _ = drawn(mixup_alpha=0.1, cutmix_alpha=1.0, cutmix_share=0.7)
    assert abs(cut.mean() - 0.7) < 0.05
    # Beta(1, 1): variance 1/12; Beta(0.1, 0.1): 1 / (4 * (2 * 0.1 + 1)).
    assert abs(shares[cut].var() - 1 / 12) < 0.01
    assert abs(shares[~cut].var() - 1 / 4.8) < 0.015


def test_what_has_no_alpha_is_not_drawn():
    assert not drawn(mixup_alpha=0.1)[0].any()
    assert drawn(cutmix_alpha=0.1)[0].all()


def test_boxes_are_centred_everywhere():
    _, _, centres = drawn(cutmix_alpha=1.0)
    assert (abs(centres.mean(axis=0) - 0.5) < 0.03).all()
    assert (abs(centres.var(axis=0) - 1 / 12) < 0.01).all()
    assert abs(np.corrcoef(centres.T)[0, 1]) < 0.1


def test_groups_are_the_same_however_the_steps_are_cut():
    labels = np.eye(8, dtype="float32")
    images = np.zeros((8, 1, 1, 1), "float32")
    whole = dataclasses.replace(RECIPE, batch_size=8, mix_group=4)
    half = dataclasses.replace(whole, batch_size=4)
    _, once = mixing.mix_groups((images, labels), whole, tf.constant(6, tf.int64))
    twice = [
        mixing.mix_groups((images[:4], part), half, tf.constant(step, tf.int64))[1]
        for step, part in ((6, labels[:4]), (7, labels[4:]))
    ]
    np.testing.assert_array_equal(once, np.concatenate(twice))


@pytest.mark.parametrize("fields", [{"mix_mode": "elem"}, {"mix_group": 2}])
def test_the_graph_of_a_large_batch_is_no_larger(fields):
    def operations(count):
        recipe = dataclasses.replace(RECIPE, batch_size=count, **fields)
        shapes = ((count, 4, 4, 3), (count, 10))
        batch = tuple(tf.TensorSpec(shape, tf.float32) for shape in shapes)
        mix = tf.function(lambda *batch: mixing.mix_groups(batch, recipe, FIRST))
        return len(mix.get_concrete_function(*batch).graph.as_graph_def().node)

    assert operations(2048) == operations(8)


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
    draw = tf.function(
        lambda k: mixing.beta(tf.constant([0.1], tf.float64), tf.stack([0 * k, k]))
    )
    draws = np.concatenate([draw(tf.constant(k, tf.int64)) for k in range(2000)])
    assert np.isfinite(draws).all()
    # Beta(0.1, 0.1): mean 1/2, variance 1 / (4 * (2 * 0.1 + 1)) = 0.2083.
    assert abs(draws.mean() - 0.5) < 0.04
    assert abs(draws.var() - 0.2083) < 0.01


def test_names_of_modes_are_those_of_the_recipe():
    assert list(mixing.DRAW_OF) == CHOICES["mix_mode"]


def batches(labels):
    images = np.arange(10, dtype="uint8").reshape(10, 1, 1, 1) * np.ones((1, 80, 60, 1))
    return tf.data.Dataset.from_tensor_slices((images, labels)).batch(4).enumerate()


@pytest.mark.parametrize("mix", [mixing.mixup, mixing.cutmix])
def test_batches_of_any_data_set_can_be_mixed(mix):
    labels = np.eye(10, dtype="int32")
    mixture = list(batches(labels).map(lambda n, batch: mix(*batch, key=(3, n))))
    assert [len(images) for images, _ in mixture] == [4, 4, 2]
    for images, targets in mixture:
        assert images.dtype == targets.dtype == tf.float32
        # The mean of an image is that of its labels, mixed as its pixels are.
        means = tf.reduce_mean(images, axis=(1, 2, 3))
        np.testing.assert_allclose(targets.numpy() @ np.arange(10), means, atol=1e-4)
    shares = [float(tf.reduce_max(targets)) for _, targets in mixture]
    assert 0.5 <= min(shares) <= max(shares) < 1
    assert len(set(shares)) == 3


def test_class_numbers_cannot_be_mixed():
    with pytest.raises(InputError, match=r"tf.one_hot .* Received: \(4,\)"):
        mixing.cutmix(np.zeros((4, 2, 2, 3)), np.zeros(4, int), key=(0, 0))


@pytest.mark.parametrize("alpha", [0, -1.0, float("nan")])
def test_an_alpha_that_mixes_nothing_is_refused(alpha):
    with pytest.raises(InputError, match="alpha above 0. Received: "):
        mixing.mixup(np.zeros((4, 2, 2, 3)), np.eye(4), key=(0, 0), alpha=alpha)
