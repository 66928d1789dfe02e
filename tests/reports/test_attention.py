import io

import numpy as np
import pytest
from PIL import Image

from bit_keras.analysis.attended import Insides
from bit_keras.reports.attention import attention_figure, insides_figure

GRAY = np.full((40, 60, 3), 128, "uint8")
FILTERS = np.random.default_rng(0).uniform(size=(28, 8, 8, 3))
POSITIONS = np.eye(70).reshape(10, 7, 10, 7)


def pixels(png):
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)


def test_where_a_network_looked_is_bright_yellow():
    looked = np.array([[0.0, 2.0]])
    found = pixels(attention_figure(GRAY, looked, looked))
    second = found[:, found.shape[1] // 3 : 2 * found.shape[1] // 3]
    line = second[found.shape[0] // 2]
    yellow = np.flatnonzero(line[:, :2].min(axis=1) > line[:, 2] + 60)
    blue = np.flatnonzero(line[:, 2] > line[:, 1] + 20)
    assert yellow.size
    assert blue.size
    assert yellow.min() > blue[blue < yellow.max()].max()


@pytest.mark.parametrize("size", [(40, 60), (300, 10), (10, 300)])
def test_a_figure_has_a_readable_size(size):
    even = np.ones((2, 2))
    png = attention_figure(np.zeros((*size, 3), "uint8"), even, even)
    with Image.open(io.BytesIO(png)) as picture:
        assert 200 < picture.height < 900
        assert 400 < picture.width < 3800


def test_a_network_has_as_many_parts_as_are_known_of_it():
    distances = np.array([[10.0, 20.0], [30.0, 40.0]])
    widths = [
        pixels(insides_figure(Insides(distances, 3, filters, positions))).shape[1]
        for filters, positions in ((None, None), (FILTERS, None), (FILTERS, POSITIONS))
    ]
    assert widths[0] + 300 < widths[1] < widths[2] - 300


def test_every_head_has_its_point():
    def ink(distances):
        png = insides_figure(Insides(np.array(distances), 1, None, None))
        return np.count_nonzero(abs(pixels(png) - (31, 95, 168)).max(axis=-1) < 8)

    assert ink([[10.0, 30.0]]) == pytest.approx(2 * ink([[30.0]]), rel=0.1)


def test_a_network_of_a_single_patch_is_drawn():
    insides = Insides(np.zeros((2, 1)), 1, None, np.ones((1, 1, 1, 1)))
    assert pixels(insides_figure(insides)).shape[1] > 600
