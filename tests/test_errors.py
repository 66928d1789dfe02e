import pytest

from bit_keras.errors import InputError, suggestion

NAMES = ("steps", "warmup_steps", "base_lr", "BiT-M-R50x1")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("step", "steps"), ("base_rl", "base_lr"), ("bit-m-r50x1", "BiT-M-R50x1")],
)
def test_nearest_name_is_suggested(typed, meant):
    assert suggestion(typed, NAMES).startswith(f" Did you mean '{meant}'")


def test_several_near_names_are_all_suggested():
    assert suggestion("cat3", ["cat1", "cat2", "dog"]) == (
        " Did you mean 'cat2' or 'cat1'?"
    )


def test_nothing_is_suggested_for_something_else():
    assert suggestion("zzzzzz", NAMES) == ""


def test_numbers_can_be_names():
    assert suggestion(1001, [1000, 21843]) == " Did you mean '1000'?"


def test_wrong_input_is_a_value_error():
    with pytest.raises(ValueError, match="wrong"):
        raise InputError("wrong")
