import dataclasses

import numpy as np
import pytest

from bit_keras.errors import InputError
from bit_keras.recipes import bit_hyperrule

COUNTS = [1000, 10_000, 20_000, 100_000, 600_000]


@pytest.mark.parametrize("base_lr", [0.003, 0.01])
@pytest.mark.parametrize("count", COUNTS)
def test_learning_rates_are_those_of_the_reference(golden, count, base_lr):
    arrays = golden("06_bit_hyperrule.npz")
    recipe = dataclasses.replace(bit_hyperrule(count, (32, 32)), base_lr=base_lr)
    steps = arrays[f"n{count}_steps"]
    expected = arrays[f"n{count}_lr_base{base_lr:g}"]
    over = steps >= recipe.steps
    np.testing.assert_array_equal(np.isnan(expected), over)
    found = [recipe.learning_rate(step) for step in steps[~over]]
    np.testing.assert_allclose(found, expected[~over], rtol=0, atol=1e-12)


def test_learning_rates_of_the_sgd_reference_are_met(golden):
    arrays = golden("04_sgd.npz")
    recipe = dataclasses.replace(
        bit_hyperrule(int(arrays["sgd_bit_dataset_size"]), (224, 224)),
        base_lr=float(arrays["sgd_bit_base_lr"]),
    )
    found = [recipe.learning_rate(step) for step in arrays["sgd_bit_steps"]]
    np.testing.assert_allclose(found, arrays["sgd_bit_lr"], rtol=0, atol=1e-12)


@pytest.mark.parametrize("count", COUNTS)
def test_schedule_is_that_of_the_reference(golden, count):
    recipe = bit_hyperrule(count, (32, 32))
    found = [recipe.warmup_steps, *recipe.decay_at, recipe.steps]
    assert found == golden("06_bit_hyperrule.npz")[f"n{count}_schedule"].tolist()


@pytest.mark.parametrize("count", COUNTS)
def test_mixup_is_that_of_the_reference(golden, count):
    expected = float(golden("06_bit_hyperrule.npz")[f"n{count}_mixup_alpha"])
    assert bit_hyperrule(count, (32, 32)).mixup_alpha == expected


def test_resolution_is_that_of_the_reference(golden):
    arrays = golden("06_bit_hyperrule.npz")
    for size, expected in zip(
        arrays["resolutions"], arrays["precrop_crop"], strict=True
    ):
        recipe = bit_hyperrule(1000, tuple(size))
        assert [recipe.resize, recipe.crop] == expected.tolist(), size


@pytest.mark.parametrize(
    ("count", "steps"),
    [(1, 500), (19_999, 500), (20_000, 10_000), (499_999, 10_000), (500_000, 20_000)],
)
def test_boundary_counts_belong_to_the_larger_class(count, steps):
    assert bit_hyperrule(count, (32, 32)).steps == steps


def test_the_rest_is_that_of_the_paper():
    recipe = bit_hyperrule(1000, (32, 32))
    assert recipe.base_lr == 0.003
    assert recipe.batch_size == 512
    assert recipe.momentum == 0.9
    assert recipe.flip
    assert recipe.cropping == "random"


@pytest.mark.parametrize(
    ("network", "size", "expected"),
    [
        ("bit_r50x1", (224, 224), (448, 384)),
        (None, (224, 224), (448, 384)),
        ("bit_r152x4", (224, 224), (512, 480)),
        ("bit_r152x4", (32, 32), (160, 128)),
    ],
)
def test_resolution_of_the_paper_depends_on_the_network(network, size, expected):
    recipe = bit_hyperrule(1000, size, resolution="paper", network=network)
    assert (recipe.resize, recipe.crop) == expected


# Supplement F of the paper.
@pytest.mark.parametrize(
    ("task", "flip", "cropping"),
    [
        ("dsprites-orientation", False, "random"),
        ("smallnorb-azimuth", False, "random"),
        ("dsprites-xpos", False, "none"),
        ("clevr-count", True, "none"),
        ("clevr-distance", True, "none"),
        ("dmlab", True, "none"),
        ("kitti-distance", True, "none"),
        ("smallnorb-elevation", True, "random"),
        ("cifar100", True, "random"),
    ],
)
def test_tasks_that_augmentation_would_spoil_go_without(task, flip, cropping):
    recipe = bit_hyperrule(1000, (64, 64), task=task)
    assert (recipe.flip, recipe.cropping) == (flip, cropping)


@pytest.mark.parametrize(
    ("count", "size"), [(0, (32, 32)), (10, (0, 32)), (10, (32, 0))]
)
def test_nothing_to_learn_from_is_refused(count, size):
    with pytest.raises(InputError, match=f"Received: {count} examples of {size[0]} x"):
        bit_hyperrule(count, size)


def test_unknown_resolution_is_refused():
    with pytest.raises(InputError, match="code or paper. Received: 'thesis'"):
        bit_hyperrule(10, (32, 32), resolution="thesis")
