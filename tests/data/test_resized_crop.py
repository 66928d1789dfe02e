import math

import numpy as np
import pytest
import tensorflow as tf

from bit_keras.data import inception_part, torchvision_part

PARTS = [inception_part, torchvision_part]


def boxes(cut, height, width, count, area=0.08):
    """Gives rows (top, left, height, width) of the parts that so many keys cut."""
    rows, columns = np.meshgrid(range(height), range(width), indexing="ij")
    image = tf.constant(np.stack([rows, columns], axis=-1))  # a pixel tells its place

    @tf.function
    def every():
        def box(number):
            part = cut(image, tf.stack([0 * number, number]), area)
            return tf.concat([part[0, 0], tf.shape(part, tf.int64)[:2]], 0)

        return tf.map_fn(box, tf.range(count, dtype=tf.int64))

    return every().numpy()


def of_torchvision(height, width, area, random):
    """`RandomResizedCrop.get_params` of torchvision, whose draws are NumPy's."""
    for _ in range(10):
        target = height * width * random.uniform(area, 1)
        shape = math.exp(random.uniform(math.log(3 / 4), math.log(4 / 3)))
        w, h = round(math.sqrt(target * shape)), round(math.sqrt(target / shape))
        if 0 < w <= width and 0 < h <= height:
            top = random.integers(0, height - h + 1)
            return top, random.integers(0, width - w + 1), h, w
    shape = min(max(width / height, 3 / 4), 4 / 3)
    w, h = min(width, round(height * shape)), min(height, round(width / shape))
    return (height - h) // 2, (width - w) // 2, h, w


@pytest.mark.parametrize("size", [(300, 300), (200, 300), (60, 41)])
@pytest.mark.parametrize("area", [0.08, 0.6])
def test_torchvisions_parts_are_distributed_as_its_own(size, area):
    height, width = size
    random = np.random.default_rng(0)
    others = np.array([of_torchvision(*size, area, random) for _ in range(5000)])
    own = boxes(torchvision_part, *size, 2500, area)
    quantiles = np.linspace(0.05, 0.95, 7)

    def facts(parts):
        tops, lefts, heights, widths = parts.T.astype(float)
        return {
            "area": heights * widths / (height * width),
            "shape": np.log(widths / heights),
            "row": (tops + heights / 2) / height,
            "column": (lefts + widths / 2) / width,
        }

    for name, values in facts(own).items():
        expected = np.quantile(facts(others)[name], quantiles)
        np.testing.assert_allclose(
            np.quantile(values, quantiles), expected, atol=0.04, err_msg=name
        )


@pytest.mark.parametrize("cut", PARTS)
def test_parts_have_the_area_and_shape_they_should(cut):
    tops, lefts, heights, widths = boxes(cut, 150, 200, 500, 0.3).T
    areas, shapes = heights * widths / (150 * 200), widths / heights
    assert 0.29 < areas.min() < 0.33
    assert 0.85 < areas.max() <= 1
    assert 0.74 < shapes.min() < 0.78
    assert 1.28 < shapes.max() < 1.36
    for places, room in ((tops, 150 - heights), (lefts, 200 - widths)):
        assert places.min() == 0
        spare = (room - places)[room > 0]
        # TensorFlow leaves out the last place.
        assert spare.min() == (cut is inception_part)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((10, 300), (0, 143, 10, 13)),
        ((300, 10), (143, 0, 13, 10)),
        ((1, 300), (0, 149, 1, 1)),
        ((3, 100), (0, 48, 3, 4)),
    ],
)
def test_of_a_strip_torchvision_cuts_the_middle(size, expected):
    found = boxes(torchvision_part, *size, 20)
    assert set(map(tuple, found.tolist())) == {expected}


def test_of_an_image_one_pixel_high_inception_cuts_all():
    found = boxes(inception_part, 1, 300, 20)
    assert set(map(tuple, found.tolist())) == {(0, 0, 1, 300)}


@pytest.mark.parametrize("cut", PARTS)
@pytest.mark.parametrize("size", [(1, 1), (2, 3), (1, 2)])
def test_parts_of_images_of_a_few_pixels_have_pixels(cut, size):
    found = boxes(cut, *size, 40)
    assert found[:, 2:].min() >= 1
    assert (found[:, :2] + found[:, 2:] <= size).all()


@pytest.mark.parametrize("cut", PARTS)
def test_equal_keys_cut_equal_parts_and_others_others(cut):
    first, second = boxes(cut, 150, 200, 20), boxes(cut, 150, 200, 20)
    np.testing.assert_array_equal(first, second)
    assert len(np.unique(first, axis=0)) == 20


@pytest.mark.parametrize("cut", PARTS)
def test_parts_of_any_type_and_channels_are_cut(cut):
    image = tf.zeros([30, 40, 1], tf.uint8)
    part = cut(image, (0, 1))
    assert part.dtype == tf.uint8
    assert part.shape[-1] == 1
