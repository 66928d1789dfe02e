import keras
import numpy as np
import pytest
import tensorflow as tf

from bit_keras.errors import InputError
from bit_keras.models import vit
from bit_keras.training.learner import Learner
from bit_keras.training.objectives.masked_patches import MaskedPatches

HEIGHT, WIDTH, PATCH = 16, 24, 8
GENERATOR = np.random.default_rng(0)
IMAGES = GENERATOR.integers(0, 256, (8, HEIGHT, WIDTH, 3)).astype("float32")


def network(**arguments):
    keras.utils.set_random_seed(3)
    arguments = {"image_size": (HEIGHT, WIDTH), "depth": 1, **arguments}
    return vit("tiny", **arguments)


@pytest.fixture
def objective(small_recipe):
    """Gives a function: target -> (objective, its network)."""

    def make(target, **arguments):
        made = MaskedPatches(small_recipe(target=target))
        return made, made.network(network(**arguments))

    return make


def one_colour(*colours):
    """An image of 2 x 3 patches of one colour each."""
    patches = np.array(colours, "float32").reshape(2, 3, 3)
    return patches.repeat(PATCH, axis=0).repeat(PATCH, axis=1)[None]


def test_mean_colours_have_three_bits_of_each_channel(objective):
    black, white, red = (0, 0, 0), (255, 255, 255), (255, 0, 0)
    green, blue, middle = (0, 255, 0), (0, 0, 255), (31.8, 31.9, 127.6)
    images = one_colour(black, white, red, green, blue, middle)
    made, _ = objective("mean-colour")
    labels = made.targets(tf.constant(images)).numpy()
    middle = 0 + 8 * 1 + 64 * 4  # v * 8 / 255 is 0.998, 1.001 and 4.003
    assert labels.tolist() == [[[0], [511], [7], [56], [448], [middle]]]


def test_the_mean_is_that_of_the_whole_patch(objective):
    images = np.zeros((1, HEIGHT, WIDTH, 3), "float32")
    images[0, :PATCH, : PATCH // 2] = 255  # half of the first patch
    labels = objective("mean-colour")[0].targets(tf.constant(images)).numpy()
    assert labels.ravel().tolist() == [4 + 8 * 4 + 64 * 4, 0, 0, 0, 0, 0]


def test_parts_of_a_patch_are_in_the_order_of_reading(objective):
    images = np.zeros((1, HEIGHT, WIDTH, 3), "float32")
    images[0, 8:10, 16:18] = 255  # the first part of the last patch
    images[0, 2:4, 6:8] = 255  # of the first patch the last in the second row
    labels = objective("downsized")[0].targets(tf.constant(images)).numpy()
    assert labels.shape == (1, 6, 16)
    assert np.argwhere(labels).tolist() == [[0, 0, 7], [0, 5, 0]]


def test_a_border_that_is_no_whole_patch_is_left_out(objective):
    made, _ = objective("mean-colour", image_size=(HEIGHT + 3, WIDTH + 5))
    larger = np.pad(IMAGES, ((0, 0), (0, 3), (0, 5), (0, 0)))
    labels = [made.targets(tf.constant(x)).numpy() for x in (larger, IMAGES)]
    np.testing.assert_array_equal(*labels)


@pytest.mark.parametrize("target", ["mean-colour", "downsized"])
def test_a_network_that_knows_nothing_has_the_loss_of_512_colours(objective, target):
    made, guessing = objective(target)
    sums = made.sums(guessing, (tf.constant(IMAGES),))
    assert float(sums["loss"]) == pytest.approx(len(IMAGES) * np.log(512), rel=1e-6)


def test_only_corrupted_patches_count(objective):
    made, _ = objective("pixels")
    shown = made.targets(tf.constant(IMAGES)).numpy()
    corrupted = np.zeros((*shown.shape[:2], 1), "float32")
    corrupted[:, :3] = 1
    shown[:, 0] += 3  # an error of 9 in one of three patches
    shown[:, 4] += 100
    outputs = tf.constant(np.concatenate([shown, corrupted], axis=-1))
    sums = made.sums(lambda images: outputs, (tf.constant(IMAGES),))
    assert float(sums["loss"]) == pytest.approx(len(IMAGES) * 3, rel=1e-5)


def test_pixels_that_are_guessed_right_give_the_picture(objective):
    made, _ = objective("pixels")
    images = tf.constant(IMAGES)
    shown = made.targets(images)
    outputs = tf.concat([shown, tf.ones((*shown.shape[:2], 1))], axis=-1)
    hidden, guessed = made.pictures(images, outputs)
    np.testing.assert_allclose(guessed, IMAGES, atol=1e-4)
    assert (hidden.numpy() == 127.5).all()


@pytest.mark.parametrize("target", ["mean-colour", "downsized"])
def test_colours_that_are_guessed_right_are_within_their_level(objective, target):
    made, _ = objective(target)
    images = tf.constant(IMAGES)
    labels = made.targets(images)
    flags = np.zeros((*labels.shape[:2], 1), "float32")
    flags[:, 1] = 1
    logits = tf.reshape(tf.one_hot(labels, 512), (*labels.shape[:2], -1))
    outputs = tf.concat([logits, flags], axis=-1)
    assert made.compare(images, outputs)[1].numpy().min() == 1
    _, guessed = made.pictures(images, outputs)
    side = PATCH // made.parts
    part = IMAGES[:, :side, PATCH : PATCH + side].mean(axis=(1, 2))
    np.testing.assert_allclose(guessed[:, 0, PATCH], part, atol=255 / 16 + 1e-3)
    np.testing.assert_array_equal(guessed[:, :, :PATCH], IMAGES[:, :, :PATCH])


def test_colours_of_many_channels_are_refused_with_what_to_take(objective):
    with pytest.raises(InputError, match="at most 4 channels.*--target pixels"):
        objective("mean-colour", channels=5)


def test_parts_to_compute_twice_are_refused(small_recipe):
    made = MaskedPatches(small_recipe(remat=True))
    with pytest.raises(InputError, match="take --micro-batch instead of --remat"):
        made.network(network())


def test_an_update_is_the_same_in_parts(small_recipe, trained):
    batch = [(IMAGES,)]
    learners = [
        trained(
            lambda: network(dropout=0.1),
            small_recipe(objective="masked_patches", micro_batch=micro_batch),
            batch * 2,
        )[0]
        for micro_batch in (0, 2)
    ]
    weights = [learner.kept.get_weights() for learner in learners]
    for whole, parts in zip(*weights, strict=True):
        np.testing.assert_allclose(whole, parts, atol=2e-6)


def test_what_is_frozen_stays_and_the_guess_is_learned(small_recipe):
    recipe = small_recipe(objective="masked_patches", freeze="block0")
    learner = Learner(network(), recipe)
    trained = {variable.path for variable in learner.network.trainable_variables}
    assert "guessed/kernel" in trained
    assert not any(path.startswith(("embedding/", "block0_")) for path in trained)
