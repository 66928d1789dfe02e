"""What RandAugment draws, told by operations that write it down."""

import numpy as np
import pytest
import tensorflow as tf

from bit_keras.data.rand_augment import INCREASING, OPERATIONS, Operation, rand_augment

INCREASED = 100  # is added to the numbers of what stands in the increasing set
IMAGES = 2000


def recorder(number, moves=False):
    """An operation that puts [number, level, sign, bicubic] before the image's rows."""

    def change(image, argument, interpolation=""):
        level, sign = argument
        row = tf.stack([number, level, sign, float(interpolation == "bicubic")])
        return tf.concat([row[tf.newaxis, :, tf.newaxis], image[:-1]], 0)

    return Operation(change, argument=lambda level, sign: (level, sign), moves=moves)


@pytest.fixture(autouse=True)
def recorders(monkeypatch):
    for number, (name, operation) in enumerate(list(OPERATIONS.items())):
        own = recorder(float(number), operation.moves)
        monkeypatch.setitem(OPERATIONS, name, own)
        if name in INCREASING:
            own = recorder(float(number + INCREASED))
            monkeypatch.setitem(INCREASING, name, own)


def drawn(config, interpolation="bilinear", layers=2):
    """Gives rows (images, layers, 4) of operations that were applied, else -1."""

    @tf.function
    def every():
        image = -tf.ones([layers, 4, 1])
        return tf.map_fn(
            lambda number: rand_augment(
                image, tf.stack([0 * number, number]), config, interpolation
            ),
            tf.range(IMAGES, dtype=tf.int64),
            fn_output_signature=tf.float32,
        )

    return every().numpy()[..., 0]


def applied(rows):
    return rows[rows[..., 0] >= 0]


def test_all_operations_are_as_frequent():
    numbers, counts = np.unique(applied(drawn("rand"))[:, 0], return_counts=True)
    assert numbers.tolist() == list(range(len(OPERATIONS)))
    assert abs(counts / counts.sum() - 1 / 15).max() < 0.02


def test_operations_of_an_image_are_drawn_apart():
    first, second = drawn("rand-p1")[..., 0].T
    assert abs((first == second).mean() - 1 / 15) < 0.02  # with replacement
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.08


@pytest.mark.parametrize(
    ("config", "share"), [("rand", 0.5), ("rand-p0.2", 0.2), ("rand-p0", 0)]
)
def test_an_operation_is_applied_with_its_probability(config, share):
    rows = drawn(config)
    assert abs((rows[..., 0] >= 0).mean() - share) <= 0.03 * (share > 0)
    # Each by itself: that both are is the product.
    both = (rows[..., 0] >= 0).all(axis=1).mean()
    assert abs(both - share**2) <= 0.03 * (share > 0)


@pytest.mark.parametrize("layers", [1, 3])
def test_an_image_has_as_many_operations_as_asked_for(layers):
    rows = drawn(f"rand-p1-n{layers}", layers=4)
    counts = (rows[..., 0] >= 0).sum(axis=1)
    assert (counts == layers).all()


@pytest.mark.parametrize(
    ("config", "level"),
    [("rand", 1.0), ("rand-m7", 0.7), ("rand-m15", 1.0), ("rand-m15-mmax20", 1.5)],
)
def test_without_a_deviation_all_are_as_strong(config, level):
    np.testing.assert_allclose(applied(drawn(config))[:, 1], level, rtol=1e-6)


def test_strength_is_normal_about_the_magnitude():
    levels = applied(drawn("rand-m6-mstd0.5-p1"))[:, 1]
    assert abs(levels.mean() - 0.6) < 0.005
    assert abs(levels.std() - 0.05) < 0.003
    within = (abs(levels - 0.6) < 0.05).mean()
    assert abs(within - 0.683) < 0.03


@pytest.mark.parametrize(("config", "most"), [("m9", 1.0), ("m19-mmax20", 2.0)])
def test_strength_is_cut_off_at_its_limit(config, most):
    levels = applied(drawn(f"rand-{config}-mstd1-p1"))[:, 1]
    assert levels.max() == np.float32(most)
    assert abs((levels == np.float32(most)).mean() - 0.159) < 0.03


def test_strength_is_cut_off_at_nothing():
    levels = applied(drawn("rand-m1-mstd1-p1"))[:, 1]
    assert levels.min() == 0
    assert abs((levels == 0).mean() - 0.159) < 0.03


def test_infinite_deviation_is_uniform_up_to_the_magnitude():
    levels = applied(drawn("rand-m8-mstd101-p1"))[:, 1]
    counts, _ = np.histogram(levels, bins=8, range=(0, 0.8))
    assert counts.sum() == len(levels)
    assert abs(counts / len(levels) - 1 / 8).max() < 0.025


def test_signs_are_drawn_by_themselves():
    numbers, levels, signs, _ = applied(drawn("rand-m5-mstd1-p1")).T
    assert set(signs) == {-1, 1}
    assert abs(signs.mean()) < 0.06
    assert abs(np.corrcoef(signs, levels)[0, 1]) < 0.06
    assert abs(np.corrcoef(signs, numbers)[0, 1]) < 0.06


def test_increasing_set_replaces_the_others_of_these_names():
    numbers = set(applied(drawn("rand-p1-inc1"))[:, 0])
    names = list(OPERATIONS)
    replaced = {names[int(n) - INCREASED] for n in numbers if n >= INCREASED}
    assert len(numbers) == 15
    assert replaced == set(INCREASING)


def moves(rows):
    """Whether applied operations move pixels."""
    moving = [operation.moves for operation in OPERATIONS.values()]
    return np.array(moving)[rows[:, 0].astype(int)]


@pytest.mark.parametrize(("interpolation", "cubic"), [("bilinear", 0), ("bicubic", 1)])
def test_what_moves_gets_the_interpolation(interpolation, cubic):
    rows = applied(drawn("rand-p1", interpolation))
    assert set(rows[moves(rows), 3]) == {cubic}


def test_random_interpolation_is_drawn_for_every_operation():
    rows = drawn("rand-p1", "random")
    once = applied(rows)
    assert abs(once[moves(once), 3].mean() - 0.5) < 0.05
    twice = rows[moves(rows[:, 0]) & moves(rows[:, 1])]
    assert len(twice) > 150
    assert abs((twice[:, 0, 3] == twice[:, 1, 3]).mean() - 0.5) < 0.15
