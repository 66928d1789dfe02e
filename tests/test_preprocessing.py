import dataclasses
import json

import pytest

from bit_keras.errors import InputError
from bit_keras.preprocessing import Preprocessing


def test_it_goes_into_json_and_back():
    made = Preprocessing(crop=224, share=0.95, interpolation="bicubic", antialias=True)
    text = json.dumps(dataclasses.asdict(made))
    assert Preprocessing(**json.loads(text)) == made


@pytest.mark.parametrize(
    ("crop", "share", "short_side"),
    [(224, 0.95, 235), (224, 0.875, 256), (288, 1.0, 288), (224, 0.0, 224)],
)
def test_the_short_side_is_rounded_down(crop, share, short_side):
    assert Preprocessing(crop=crop, share=share).short_side == short_side


def test_it_is_told_in_words():
    assert Preprocessing(crop=128).describe() == (
        "resized to 128 x 128 pixels, bilinear, without antialiasing"
    )
    cut = Preprocessing(crop=224, share=0.95, interpolation="bicubic", antialias=True)
    assert cut.describe() == (
        "resized to 235 pixels on the short side and cut to the 224 x 224 pixels in "
        "the middle, bicubic, with antialiasing"
    )
    cut_first = dataclasses.replace(cut, share=0.875, cut_first=True)
    assert cut_first.describe() == (
        "cut to the square in the middle, of 0.875 of the short side, and resized to "
        "224 x 224 pixels, bicubic, with antialiasing"
    )


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"crop": 0}, "above 0 pixels. Received: 0"),
        ({"crop": 8, "share": 1.5}, "from 0 .* to 1. Received: 1.5"),
        ({"crop": 8, "share": float("nan")}, "Received: nan"),
        ({"crop": 8, "interpolation": "area"}, "bilinear or bicubic. Received: 'area'"),
    ],
)
def test_values_out_of_range_are_refused(fields, told):
    with pytest.raises(InputError, match=told):
        Preprocessing(**fields)
