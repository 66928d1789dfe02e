import numpy as np
import pytest

from bit_keras.evaluation.interval import interval, paired_interval, with_interval


def test_18_of_20_are_90_percent_from_70_to_97():
    low, high = interval(0.9, 20)
    # Wilson 1927, with z = 1.95996
    assert (low, high) == pytest.approx((0.69897, 0.97213), abs=1e-5)
    assert with_interval(0.9, 20) == "90.00% (69.9 to 97.2)"


def test_nothing_and_all_of_few_stay_between_0_and_1():
    assert interval(0, 5) == pytest.approx((0, 0.434482), abs=1e-6)
    assert interval(1, 5) == pytest.approx((1 - 0.434482, 1), abs=1e-6)


def test_more_images_leave_less_doubt():
    few, many = interval(0.75, 40), interval(0.75, 4000)
    assert few[0] < many[0] < 0.75 < many[1] < few[1]


def counted(both, first, second, neither):
    """Gives two arrays of examples that are right in both, in one, or in neither."""
    counts = both, first, second, neither
    return np.repeat([True, True, False, False], counts), np.repeat(
        [True, False, True, False], counts
    )


def test_36_12_2_0_of_50_differ_by_6_to_34_percent():
    low, high = paired_interval(*counted(36, 12, 2, 0))
    # Newcombe 1998, method 10
    assert (low, high) == pytest.approx((0.0569, 0.3404), abs=1e-4)


def test_a_difference_is_known_better_where_the_same_examples_are_right():
    alike = paired_interval(*counted(70, 10, 5, 15))
    unlike = paired_interval(*counted(55, 25, 20, 0))
    assert unlike[0] < alike[0] < 0.05 < alike[1] < unlike[1]


def test_two_that_agree_on_few_images_may_still_differ():
    low, high = paired_interval(*counted(20, 0, 0, 5))
    assert -0.2 < low < -0.02
    assert high == pytest.approx(-low)


def test_the_paired_interval_holds_the_truth_about_as_often_as_it_claims():
    generator = np.random.default_rng(0)
    kinds = generator.choice(4, p=(0.6, 0.15, 0.07, 0.18), size=(1000, 60))
    held = 0
    for kind in kinds:
        low, high = paired_interval(kind < 2, kind % 2 == 0)
        held += low <= 0.15 - 0.07 <= high
    # Two standard deviations of 1,000 trials at 95 % are 1.4 %.
    assert 936 <= held <= 985
