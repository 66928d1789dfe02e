import numpy as np
import pytest

from bit_keras.errors import InputError
from bit_keras.evaluation.closed_form import CONSTANT, as_logits, closed_form
from bit_keras.losses import probabilities


def problem(examples, features, classes=3, seed=0):
    """Gives features that tell something of their classes, labels, and groups."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, examples)
    values = rng.normal(size=(examples, features))
    values[:, :classes] += np.eye(classes)[labels]
    return values, labels, rng.integers(0, examples // 3, examples)


def refitted(values, labels, left_out, l2):
    """Gives the scores of some examples, from a regression solved without them."""
    inputs = (values - values.mean(axis=0)) / (values.std(axis=0) + 1e-5)
    inputs = np.hstack([inputs, np.full((len(inputs), 1), CONSTANT)])
    targets = 2 * np.eye(labels.max() + 1)[labels] - 1
    others, wanted = inputs[~left_out], targets[~left_out]
    gram = others.T @ others + l2 * np.eye(inputs.shape[1])
    return inputs[left_out] @ np.linalg.solve(gram, others.T @ wanted)


@pytest.mark.parametrize("shots", [1, 5, 10, 25])
@pytest.mark.parametrize("number", range(3))
def test_weights_scores_and_accuracy_are_those_of_the_reference(golden, number, shots):
    arrays = golden("07_fewshot_lsr.npz")
    name = f"seed0_shots{shots}"
    rows = arrays[f"{name}_idx"]
    values = arrays["repr_train"][rows].astype("float64")
    found = closed_form(
        values,
        arrays["labels_train"][rows],
        int(arrays["num_classes"]),
        l2=arrays["l2_regs"][number],
    )
    name = f"{name}_l2_{number}"
    scores = arrays["repr_test"] @ found.kernel + found.bias
    np.testing.assert_allclose(scores, arrays[f"{name}_scores_f64"], atol=1e-5)
    scaled = found.kernel * (values.std(axis=0) + 1e-5)[:, None]
    np.testing.assert_allclose(scaled, arrays[f"{name}_w_f64"][:-1], atol=1e-5)
    right = scores.argmax(axis=1) == arrays["labels_test"]
    assert right.mean() == arrays[f"{name}_acc_f64"]


@pytest.mark.parametrize("l2", [1e-3, 1.0, 1024.0])
@pytest.mark.parametrize("shape", [(30, 80), (120, 20)], ids=["wide", "tall"])
def test_leaving_one_out_is_refitting_without_it(shape, l2):
    values, labels, _ = problem(*shape)
    found = closed_form(values, labels, 3, l2=l2).left_out
    for row in range(len(values)):
        expected = refitted(values, labels, np.arange(len(values)) == row, l2)
        np.testing.assert_allclose(found[row], expected[0], atol=1e-9)


@pytest.mark.parametrize("l2", [1e-3, 1.0, 1024.0])
@pytest.mark.parametrize("shape", [(30, 80), (120, 20)], ids=["wide", "tall"])
def test_leaving_a_group_out_is_refitting_without_it(shape, l2):
    values, labels, groups = problem(*shape)
    found = closed_form(values, labels, 3, l2=l2, groups=groups).left_out
    assert np.bincount(groups).max() > 1
    for group in np.unique(groups):
        expected = refitted(values, labels, groups == group, l2)
        np.testing.assert_allclose(found[groups == group], expected, atol=1e-9)


def test_groups_of_one_are_each_by_itself():
    values, labels, _ = problem(40, 10)
    alone = closed_form(values, labels, 3, l2=1.0, groups=np.arange(40)[::-1])
    np.testing.assert_array_equal(
        alone.left_out, closed_form(values, labels, 3, l2=1.0).left_out
    )


def test_of_several_decays_the_one_that_errs_least_on_what_is_left_out_is_taken():
    values, labels, _ = problem(60, 40)
    targets = 2 * np.eye(3)[labels] - 1
    alone = [closed_form(values, labels, 3, l2=l2) for l2 in (1e-3, 64.0, 1e5)]
    errors = [((one.left_out - targets) ** 2).sum() for one in alone]
    best = closed_form(values, labels, 3, l2=(1e-3, 64.0, 1e5))
    assert best.l2 == alone[int(np.argmin(errors))].l2 == 64.0
    np.testing.assert_array_equal(best.kernel, alone[1].kernel)


def test_several_labels_are_as_many_regressions():
    values, labels, _ = problem(40, 10)
    several = np.stack([labels == 0, labels > 0, labels < 2], axis=1)
    both = closed_form(values, several, l2=1.0)
    first = closed_form(values, several[:, :1], l2=1.0)
    np.testing.assert_allclose(both.kernel[:, 0], first.kernel[:, 0], atol=1e-12)
    np.testing.assert_allclose(both.left_out[:, 0], first.left_out[:, 0], atol=1e-12)


def test_a_feature_that_never_changes_does_no_harm():
    values, labels, _ = problem(40, 10)
    values[:, 4] = 7
    found = closed_form(values, labels, 3)
    assert np.isfinite(found.kernel).all()
    assert np.isfinite(found.left_out).all()


def test_one_example_or_one_group_is_refused():
    values, labels, _ = problem(6, 4)
    with pytest.raises(InputError, match="two examples"):
        closed_form(values[:1], labels[:1], 3)
    with pytest.raises(InputError, match="two groups"):
        closed_form(values, labels, 3, groups=np.zeros(6, int))


def test_features_that_are_no_numbers_are_refused():
    values, labels, _ = problem(6, 4)
    values[2, 1] = np.nan
    with pytest.raises(InputError, match="not finite"):
        closed_form(values, labels, 3)


@pytest.mark.parametrize("loss", ["softmax", "sigmoid"])
def test_as_logits_scores_say_how_sure_they_are(loss):
    values, labels, _ = problem(300, 20)
    found = closed_form(values, labels, 3)
    logits = as_logits(found, labels, loss)
    order = found.left_out.argmax(axis=1)
    np.testing.assert_array_equal(logits.left_out.argmax(axis=1), order)
    np.testing.assert_allclose(
        values @ logits.kernel + logits.bias - logits.bias,
        (values @ found.kernel) * (logits.kernel / found.kernel).mean(),
        rtol=1e-6,
        atol=1e-9,
    )
    chances = np.asarray(probabilities(logits.left_out, loss))
    own = np.eye(3)[labels]
    # At the least cross-entropy, what is expected is what is found.
    if loss == "sigmoid":
        assert chances.mean() == pytest.approx(own.mean(), abs=1e-3)
    else:
        expected = (chances * found.left_out).sum(axis=1).mean()
        assert expected == pytest.approx(found.left_out[own > 0].mean(), abs=1e-3)


def test_as_logits_stay_finite_where_every_example_is_right():
    labels = np.arange(40) % 2
    values = np.stack([labels, 1 - labels], axis=1) + 0.0
    logits = as_logits(closed_form(values, labels, 2), labels, "softmax")
    assert np.isfinite(logits.kernel).all()
    assert (logits.left_out.argmax(axis=1) == labels).all()


def test_the_standard_error_is_how_much_the_error_of_other_examples_would_vary():
    values, labels, _ = problem(60, 8)
    found = closed_form(values, labels, 3)
    squares = ((2 * np.eye(3)[labels] - 1 - found.left_out) ** 2).mean(axis=1)
    assert found.error == pytest.approx(squares.mean())
    drawn = np.random.default_rng(0).choice(squares, (4000, 60))
    assert found.standard_error == pytest.approx(drawn.mean(axis=1).std(), rel=0.05)
