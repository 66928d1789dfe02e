import numpy as np
import pytest

import bit_keras as bk
from bit_keras.errors import InputError
from bit_keras.evaluation.closed_form import closed_form
from bit_keras.evaluation.few_shot import drawn, few_shot, first_of_each


def problem(each=30, classes=3, seed=0):
    """Gives features that tell something of their classes, and labels."""
    generator = np.random.default_rng(seed)
    labels = generator.permutation(np.arange(classes).repeat(each))
    values = generator.normal(size=(len(labels), 8))
    values[:, :classes] += np.eye(classes)[labels]
    return values, labels


@pytest.fixture(scope="module")
def reference(golden):
    return golden("07_fewshot_lsr.npz")


@pytest.mark.parametrize("number", range(3), ids="l2_{}".format)
def test_accuracies_are_those_of_the_reference(reference, number):
    found = bk.evaluation.few_shot(
        reference["repr_train"],
        reference["labels_train"],
        reference["shots"],
        test=(reference["repr_test"], reference["labels_test"]),
        num_classes=int(reference["num_classes"]),
        seeds=3,
        l2=reference["l2_regs"][number],
    )
    expected = [
        [reference[f"seed{s}_shots{k}_l2_{number}_acc_f64"] for k in found.shots]
        for s in range(3)
    ]
    np.testing.assert_array_equal(found.accuracies, expected)
    np.testing.assert_allclose(found.means, np.mean(expected, axis=0))
    assert found.tested == 200


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("shots", [1, 5, 10, 25])
def test_images_and_weights_are_those_of_the_reference(reference, seed, shots):
    labels, classes = reference["labels_train"], int(reference["num_classes"])
    rows = first_of_each(drawn(labels, classes, seed), [shots] * classes)
    name = f"seed{seed}_shots{shots}"
    np.testing.assert_array_equal(rows, reference[f"{name}_idx"])
    values = reference["repr_train"][rows].astype("float64")
    for number, l2 in enumerate(reference["l2_regs"]):
        found = closed_form(values, labels[rows], classes, l2=l2)
        scaled = found.kernel * (values.std(axis=0) + 1e-5)[:, None]
        expected = reference[f"{name}_l2_{number}_w_f64"]
        np.testing.assert_allclose(scaled, expected[:-1], atol=1e-5)
        bias = (found.bias + values.mean(axis=0) @ found.kernel) / 100
        np.testing.assert_allclose(bias, expected[-1], atol=1e-5)


def test_more_shots_hold_those_of_fewer():
    _, labels = problem()
    order = drawn(labels, 3, 7)
    few, many = (set(first_of_each(order, [count] * 3)) for count in (2, 9))
    assert few < many
    assert np.bincount(labels[list(many)]).tolist() == [9, 9, 9]


def test_a_class_with_fewer_images_gives_all_of_them():
    values, labels = problem()
    kept = np.flatnonzero((labels != 1) | (np.cumsum(labels == 1) <= 4))
    test = problem(seed=1)
    found = few_shot(values[kept], labels[kept], (3, 10, 100), test=test, seeds=2)
    assert found.examples == (9, 24, 64)
    # All there are is the same in every draw.
    assert np.ptp(found.accuracies[:, 2]) == 0


def test_without_test_images_all_that_are_not_drawn_are_tested():
    values, labels = problem()
    found = few_shot(values, labels, (5, 20), seeds=2)
    assert found.tested == 30
    rows = first_of_each(drawn(labels, 3, 1), [20] * 3)
    others = np.delete(values, rows, axis=0), np.delete(labels, rows)
    head = closed_form(values[rows], labels[rows], 3, l2=1024.0)
    scores = others[0] @ head.kernel + head.bias
    assert found.accuracies[1, 1] == (scores.argmax(axis=1) == others[1]).mean()


def test_of_several_decays_every_head_takes_its_own():
    values, labels = problem()
    test = problem(seed=1)
    several = few_shot(values, labels, (5, 20), test=test, seeds=3, l2=(1, 1e3, 1e6))
    alone = [
        few_shot(values, labels, (5, 20), test=test, seeds=3, l2=l2).accuracies
        for l2 in (1, 1e3, 1e6)
    ]
    assert (several.accuracies == alone).any(axis=0).all()
    assert not any((several.accuracies == one).all() for one in alone[::2])


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"shots": ()}, "Shots must be whole numbers from 1"),
        ({"shots": (0, 5)}, "Shots must be whole numbers from 1"),
        ({"seeds": 0}, "at least one seed"),
        ({"l2": 0.0}, "l2 must be above 0"),
        ({"l2": ()}, "l2 must be above 0"),
        ({"l2": (1.0, np.nan)}, "l2 must be above 0"),
        ({"shots": (30,)}, "No image is left to test on: all 90 were drawn"),
    ],
)
def test_what_is_out_of_range_is_refused(wrong, told):
    with pytest.raises(InputError, match=told):
        few_shot(*problem(), **wrong)


def test_images_with_several_labels_are_refused():
    values, labels = problem()
    with pytest.raises(InputError, match="several labels"):
        few_shot(values, np.eye(3)[labels])
