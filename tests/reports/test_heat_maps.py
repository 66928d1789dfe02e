import io

import numpy as np
import pytest
from PIL import Image

from bit_keras.reports.heat_maps import heat_map_figure, largest_of, overlay

GRAY = np.full((40, 60, 3), 128, "uint8")


def test_red_speaks_for_a_class_and_blue_against_it():
    found = overlay(GRAY, [[2.0, -2.0]], 2.0).astype(int)
    left, right = found[20, 5], found[20, -5]
    assert left[0] > left[2] + 50
    assert right[2] > right[0] + 50


def test_where_nothing_speaks_the_picture_is_gray():
    np.testing.assert_array_equal(overlay(GRAY, np.zeros((3, 3)), 1.0), GRAY)
    np.testing.assert_array_equal(overlay(GRAY, np.zeros((3, 3)), 0.0), GRAY)


def test_the_scale_ends_at_the_largest_of_both_signs():
    assert largest_of(np.array([[1.0, -3.0]])) == 3


@pytest.mark.parametrize("size", [(40, 60), (300, 10), (10, 300)])
@pytest.mark.parametrize("name", ["cat", "猫", "$x$", "a" * 300])
def test_a_figure_has_a_readable_size(size, name):
    png = heat_map_figure(np.zeros((*size, 3), "uint8"), np.eye(4), name, "dog")
    with Image.open(io.BytesIO(png)) as picture:
        assert 200 < picture.height < 900
        assert 300 < picture.width < 2600
