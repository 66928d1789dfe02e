import keras
import numpy as np
import pytest
import tensorflow as tf

import bit_keras as bk
from bit_keras import weights
from bit_keras.errors import InputError
from bit_keras.models import BiTSpec, bit, build
from bit_keras.recipes import Recipe
from bit_keras.training import Learner
from bit_keras.weights.bit_layout import official_slots

SMALL = BiTSpec((1, 1), 0.5)
RECIPE = {"resize": 16, "crop": 16, "steps": 3, "base_lr": 0.05}


def batches(count, size, classes=3):
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (count * size, 16, 16, 3)).astype("float32")
    labels = np.eye(classes, dtype="float32")[np.arange(count * size) % classes]
    dataset = tf.data.Dataset.from_tensor_slices((images, labels))
    return dataset.batch(size, drop_remainder=True)


def trained(data, start=None, dtype=None, **fields):
    recipe = Recipe(**{**RECIPE, **fields})
    network = bit(SMALL, num_classes=3, dtype=dtype)
    if start is not None:
        network.set_weights(start)
    learner = Learner(network, recipe)
    history = learner.fit(data, verbose=0, shuffle=False)
    return network.get_weights(), history.history


@pytest.fixture(scope="module")
def start():
    keras.utils.set_random_seed(0)
    return bit(SMALL, num_classes=3).get_weights()


@pytest.mark.parametrize("micro_batch", [1, 2, 4])
def test_micro_batches_give_the_update_of_the_full_batch(start, micro_batch):
    data = batches(3, 8)
    fields = {"batch_size": 8, "base_lr": 0.005}
    whole, logs = trained(data, start, **fields)
    parts, part_logs = trained(data, start, **fields, micro_batch=micro_batch)
    for a, b in zip(whole, parts, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6, rtol=1e-5)
    assert part_logs["loss"] == pytest.approx(logs["loss"], rel=1e-5)
    assert part_logs["accuracy"] == logs["accuracy"]


def test_a_batch_that_is_not_whole_micro_batches_is_refused(start):
    recipe = Recipe(**RECIPE, batch_size=8, micro_batch=4)
    learner = Learner(bit(SMALL, num_classes=3), recipe)
    with pytest.raises(
        InputError, match="micro_batch=4 does not divide the batch of 6"
    ):
        learner.fit(batches(1, 6), verbose=0, shuffle=False)


def test_five_steps_follow_the_reference(golden, golden_folder):
    reference = golden("01_bit_finetune.io.npz")
    classes = int(reference["num_classes"])
    network = bit("tiny", num_classes=classes)
    weights.load(network, golden_folder / "01_bit_r1111_w0.5.ckpt.npz", head="new")
    recipe = Recipe(
        resize=64,
        crop=64,
        batch_size=4,
        steps=5,
        base_lr=float(reference["lr"]),
        momentum=float(reference["momentum"]),
    )
    learner = Learner(network, recipe)
    losses = []
    for x, labels in zip(reference["x"], reference["labels"], strict=True):
        data = tf.data.Dataset.from_tensors(
            (x * 127.5 + 127.5, np.eye(classes, dtype="float32")[labels])
        )
        history = learner.fit(data, verbose=0, shuffle=False).history
        losses.append(history["loss"][0])
    np.testing.assert_allclose(losses, reference["losses"], atol=1e-4)
    logits = network.predict(reference["x"][0] * 127.5 + 127.5, verbose=0)
    np.testing.assert_allclose(logits, reference["final_logits_on_x0"], atol=5e-3)
    named = official_slots(network)
    for key in [key for key in reference if key.startswith("final:")]:
        variable = named[key.removeprefix("final:")].variable
        final = reference[key].reshape(variable.shape)
        tolerance = 5e-4 if "standardized_conv2d" in key else 1e-5
        np.testing.assert_allclose(variable, final, atol=tolerance, err_msg=key)


def test_the_first_step_has_the_rate_zero_and_changes_nothing(start):
    after, logs = trained(batches(1, 8), start, batch_size=8, warmup_steps=2)
    assert logs["learning_rate"] == [0]
    for a, b in zip(start, after, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("precision", ["mixed_float16", "mixed_bfloat16"])
def test_half_precision_learns_what_full_precision_learns(start, precision):
    data = batches(1, 6).repeat(12)
    _, full = trained(data, start, batch_size=6, base_lr=0.01)
    half, logs = trained(
        data, start, dtype=precision, precision=precision, batch_size=6, base_lr=0.01
    )
    assert all(np.isfinite(w).all() for w in half)
    assert logs["loss"][-1] < 0.7  # it began at ln 3 = 1.10
    assert logs["loss"][-1] == pytest.approx(full["loss"][-1], abs=0.2)


def test_mixed_labels_are_learned_from_as_shares():
    images = np.full((4, 16, 16, 3), 127.5, "float32")
    labels = np.tile(np.array([[0.75, 0.25, 0]], "float32"), (4, 1))
    data = tf.data.Dataset.from_tensors((images, labels))
    _, logs = trained(data, batch_size=4)
    # A zero head gives each class a third, whatever the shares.
    assert logs["loss"][0] == pytest.approx(np.log(3), abs=1e-5)
    assert logs["accuracy"] == [1]


def test_the_learning_rate_follows_the_recipe(small_network, small_recipe, small_batch):
    recipe = small_recipe(steps=6, warmup_steps=2, decay_at=(3, 4))
    rates = []
    keep = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: rates.append(logs["learning_rate"])
    )
    data = tf.data.Dataset.from_tensors(small_batch).repeat(6)
    Learner(small_network(), recipe).fit(
        data, verbose=0, shuffle=False, callbacks=[keep]
    )
    assert rates == pytest.approx([0, 0.005, 0.01, 0.01, 0.001, 0.0001])


@pytest.mark.parametrize("precision", ["mixed_float16", "mixed_bfloat16"])
def test_weights_stay_in_single_precision(small_network, precision):
    dtypes = {variable.dtype for variable in small_network(precision).variables}
    assert dtypes == {"float32"}


def test_the_learner_evaluates_like_any_model(small_network, small_recipe, small_batch):
    learner = Learner(small_network(), small_recipe())
    # A zero head finds all three classes alike.
    assert learner.evaluate(*small_batch, verbose=0) == pytest.approx(np.log(3))
    assert learner.predict(small_batch[0], verbose=0).shape == (8, 3)


def test_a_network_trains_in_an_ordinary_script():
    keras.utils.set_random_seed(0)
    recipe = bk.recipes.bit_hyperrule(num_examples=1438, image_size=(8, 8))
    fields = ["resize=18", "crop=16", "batch_size=64", "steps=20", "flip=false"]
    recipe = bk.recipes.override(recipe, fields)
    model = bk.models.bit(SMALL, num_classes=10)
    loss = keras.losses.CategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.003), loss, metrics=["accuracy"])
    model.fit(bk.data.load("digits", recipe), shuffle=False, verbose=0)
    test = bk.data.load("digits", recipe, split="test")
    _, accuracy = model.evaluate(test, verbose=0)
    assert accuracy > 0.4


def test_an_objective_gets_the_views_that_it_takes_or_says_so():
    recipe = Recipe(**RECIPE, batch_size=8, views=2)
    with pytest.raises(InputError, match="takes views=1, but .* has views=2; set v"):
        Learner(bit(SMALL, num_classes=3), recipe)


def test_averages_begin_anew_with_the_weights_as_they_are(start):
    network = bit(SMALL, num_classes=3)
    learner = Learner(network, Recipe(**RECIPE, ema_decay=0.9))
    network.set_weights([array + 1 for array in start])
    learner.reset_averages()
    for average, array in zip(learner.averaged_weights(), start, strict=True):
        np.testing.assert_array_equal(average, array + 1)


def test_a_network_of_one_size_is_not_tested_at_another():
    network = build("vit_tiny", num_classes=3, image_size=(16, 16))
    with pytest.raises(InputError, match="16 pixels alone, and tests would be at 24"):
        Learner(network, Recipe(**RECIPE, batch_size=8, test_scale=1.5))


def test_a_network_of_any_size_may_be_tested_at_another(small_network):
    Learner(small_network(), Recipe(**RECIPE, batch_size=8, test_scale=1.5))
