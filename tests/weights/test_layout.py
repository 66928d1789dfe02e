import types

import numpy as np

from bit_keras.weights.layout import Layout, Slot


def slot(variable_shape, shape, **functions):
    return Slot(types.SimpleNamespace(shape=variable_shape), shape, **functions)


def test_an_array_takes_the_shape_of_the_variable_and_back():
    head = slot((4, 10), (1, 1, 4, 10))
    stored = np.arange(40, dtype="float16").reshape(1, 1, 4, 10)
    value = head.from_file(stored)
    assert (value.shape, value.dtype) == ((4, 10), np.float32)
    np.testing.assert_array_equal(head.to_file(value), stored)


def test_a_transposed_array_is_turned_and_turned_back():
    kernel = slot((2, 3), (3, 2), convert=np.transpose, restore=np.transpose)
    stored = np.arange(6, dtype="float32").reshape(3, 2)
    np.testing.assert_array_equal(kernel.from_file(stored), stored.T)
    np.testing.assert_array_equal(kernel.to_file(stored.T), stored)


def test_an_array_of_the_right_type_is_not_copied():
    stored = np.ones((3, 2), "float32")
    assert np.shares_memory(slot((3, 2), (3, 2)).from_file(stored), stored)


def test_the_last_array_of_the_head_has_a_number_per_class():
    layout = Layout("a file", bool, dict, ("kernel", "bias"), str)
    assert layout.num_classes({"kernel": (10, 4), "bias": (10,)}) == 10
    assert layout.num_classes({"body": (4,)}) is None
