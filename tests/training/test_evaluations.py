import pytest

from bit_keras.training.evaluations import (
    FILE,
    add_evaluation,
    course,
    is_no_better,
    read_evaluations,
)

SUMMARY = {"top1": 0.5, "loss": 1.25, "examples": 8, "per_class": [], "confusion": None}


def test_evaluations_are_read_back(tmp_path):
    add_evaluation(tmp_path, 0, SUMMARY)
    add_evaluation(tmp_path, 20, {**SUMMARY, "top1": 0.75})
    assert read_evaluations(tmp_path) == [
        {"step": 0, "top1": 0.5, "loss": 1.25, "examples": 8},
        {"step": 20, "top1": 0.75, "loss": 1.25, "examples": 8},
    ]


def test_evaluations_of_steps_that_are_made_again_are_replaced(tmp_path):
    for step in (0, 20, 40, 20):
        add_evaluation(tmp_path, step, SUMMARY)
    assert [row["step"] for row in read_evaluations(tmp_path)] == [0, 20]


def test_a_run_without_evaluations_has_no_rows(tmp_path):
    assert read_evaluations(tmp_path) == []


def test_a_damaged_line_is_left_out(tmp_path):
    add_evaluation(tmp_path, 0, SUMMARY)
    with (tmp_path / FILE).open("a") as file:
        file.write("20,oops\n")
    assert [row["step"] for row in read_evaluations(tmp_path)] == [0]


def rows(metric, values):
    return [{"step": 1000 * n, metric: value} for n, value in enumerate(values)]


@pytest.mark.parametrize(
    ("metric", "values", "told"),
    [
        (
            "top1",
            [0.1, 0.2, 0.3, 0.4, 0.5, 0.625],
            "10.0% to 62.5%, still rising",
        ),
        (
            "loss",
            [6, 5, 4, 3, 2, 1],
            "6.000 to 1.000, still falling",
        ),
        (
            "top1",
            [0, 0.5, 0.4, 0.5, 0.4, 0.5],
            "0.0% to 50.0%, flat since step 1,000",
        ),
        (
            "loss",
            [1, 2, 3, 4, 5, 6],
            "1.000 to 6.000, flat since step 0",
        ),
    ],
)
def test_the_course_of_a_run_is_told(metric, values, told):
    assert course(rows(metric, values), metric).endswith(f" went from {told}")


def test_the_course_is_that_of_the_figure_that_says_most(tmp_path):
    add_evaluation(tmp_path, 0, SUMMARY)
    assert course(read_evaluations(tmp_path)).startswith("top-1 accuracy ")


def test_training_that_nothing_was_evaluated_before_came_to_something():
    assert not is_no_better([])
    assert not is_no_better([{"step": 5, "top1": 0.5}, {"step": 9, "top1": 0.25}])


@pytest.mark.parametrize(
    ("metric", "values", "nothing"),
    [
        ("top1", [0.5, 0.75, 0.625], False),
        ("top1", [0.5, 0.75, 0.5], False),
        ("top1", [0.5, 0.75, 0.25], True),
        ("loss", [2.0, 1.0], False),
        ("loss", [1.0, 2.0], True),
        ("top1", [0.5], True),
    ],
)
def test_training_comes_to_nothing_where_it_ends_worse_than_it_began(
    metric, values, nothing
):
    assert is_no_better(rows(metric, values)) == nothing
