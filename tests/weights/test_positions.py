import numpy as np
import pytest
from PIL import Image

from bit_keras.weights.positions import resize_positions

GRIDS = [((4, 4), (7, 5)), ((7, 5), (4, 4)), ((3, 3), (3, 8)), ((14, 14), (24, 24))]


def positions_of(grid):
    """Gives what can be resized, one number each, and what comes before them."""
    rows, columns = grid.shape
    return np.concatenate([[9], grid.ravel()]).reshape(1, -1, 1).astype("float32")


def resized(grid, after, interpolation):
    found = resize_positions(positions_of(grid), grid.shape, after, interpolation)
    assert found[0, 0, 0] == 9
    return found[0, 1:, 0].reshape(after)


def test_bilinear_keeps_the_corners_in_place():
    grid = resized(np.arange(6.0).reshape(2, 3), (3, 5), "bilinear")
    np.testing.assert_allclose(grid[0], [0, 0.5, 1, 1.5, 2])
    np.testing.assert_allclose(grid[:, 0], [0, 1.5, 3])
    assert grid[-1, -1] == 5


def test_bilinear_takes_nothing_between_the_places_of_a_smaller_grid():
    line = np.array([[0, 100, 1, 100, 2.0]])
    np.testing.assert_array_equal(resized(line, (1, 3), "bilinear"), [[0, 1, 2]])


@pytest.mark.parametrize(("before", "after"), GRIDS)
@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic"])
def test_a_constant_stays_constant(before, after, interpolation):
    found = resized(np.full(before, 3.0), after, interpolation)
    np.testing.assert_allclose(found, 3, rtol=1e-6)


def test_bicubic_keeps_a_plane_inside():
    rows, columns = np.mgrid[:8, :8]
    found = resized(3.0 * rows + columns, (16, 16), "bicubic")
    # Two new places stand where an old one stood, a quarter before it and behind it.
    rows, columns = (np.mgrid[:16, :16] + 0.5) / 2 - 0.5
    inside = slice(4, -4)
    np.testing.assert_allclose(
        found[inside, inside], (3 * rows + columns)[inside, inside], rtol=1e-6
    )


def test_bicubic_weighs_as_keys_does():
    line = np.zeros((1, 8))
    line[0, 3] = 1
    # 1.75, 1.25, 0.75 and 0.25 from the old place, by the formula for a = -0.5.
    half = [-0.0234375, -0.0703125, 0.2265625, 0.8671875]
    found = resized(line, (1, 16), "bicubic")[0, 3:11]
    np.testing.assert_allclose(found, [*half, *reversed(half)])


@pytest.mark.parametrize(("before", "after"), GRIDS)
def test_bicubic_is_that_of_pillow_which_torch_follows(before, after):
    grid = np.random.default_rng(0).normal(size=before).astype("float32")
    picture = Image.fromarray(grid).resize(after[::-1], Image.Resampling.BICUBIC)
    found = resized(grid, after, "bicubic")
    np.testing.assert_allclose(found, np.asarray(picture), atol=1e-6)


def test_the_same_grid_is_left_as_it_is():
    array = positions_of(np.eye(3))
    assert resize_positions(array, (3, 3), [3, 3], "bicubic") is array
