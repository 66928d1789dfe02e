import numpy as np
import pytest

from bit_keras.analysis.photographs import seen_part
from bit_keras.preprocessing import Preprocessing

PICTURE = np.arange(20)[:, None, None] * 100 + np.arange(40)[None, :, None]


def test_of_an_image_that_is_resized_whole_all_is_seen():
    assert seen_part(PICTURE, Preprocessing(crop=16)) is PICTURE


@pytest.mark.parametrize(("share", "side"), [(1.0, 20), (0.5, 10)])
def test_of_a_centre_crop_its_square_is_seen(share, side):
    seen = seen_part(PICTURE, Preprocessing(crop=16, share=share))
    assert seen.shape == (side, side, 1)
    top, left = divmod(int(seen[0, 0, 0]), 100)
    assert (top, left) == ((20 - side) // 2, (40 - side) // 2)
