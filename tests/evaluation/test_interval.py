import pytest

from bit_keras.evaluation.interval import interval, with_interval


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
