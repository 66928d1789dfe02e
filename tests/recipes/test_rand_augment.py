import math

import pytest

from bit_keras.errors import InputError
from bit_keras.recipes import Recipe
from bit_keras.recipes.rand_augment import EXAMPLE, RandAugment, parse_rand_augment


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # timm's defaults: magnitude 10 of 10, two operations, each half the time.
        ("rand", RandAugment(10, 2, 0.0, 10, False, 0.5)),
        ("rand-m9", RandAugment(magnitude=9)),
        ("rand-m0", RandAugment(magnitude=0)),
        ("rand-n3", RandAugment(layers=3)),
        ("rand-mstd0.5", RandAugment(deviation=0.5)),
        ("rand-mstd1", RandAugment(deviation=1.0)),
        ("rand-mstd100", RandAugment(deviation=100.0)),
        ("rand-mstd101", RandAugment(deviation=math.inf)),
        ("rand-mmax12", RandAugment(most=12)),
        ("rand-inc1", RandAugment(increasing=True)),
        ("rand-inc0", RandAugment(increasing=False)),
        ("rand-p0.3", RandAugment(probability=0.3)),
        ("rand-p1", RandAugment(probability=1.0)),
        ("rand-p1.", RandAugment(probability=1.0)),
        (
            "rand-p0.9-inc1-n4-mmax30-mstd0.25-m15",
            RandAugment(15, 4, 0.25, 30, True, 0.9),
        ),
    ],
)
def test_text_of_timm_is_read(text, expected):
    assert parse_rand_augment(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "which begins with 'rand'"),
        ("randm7", "which begins with 'rand'"),
        ("augmix-m3", "which begins with 'rand'"),
        ("rand-M7", "has the sections m, n, mstd, mmax, inc, p, and no 'M7'"),
        ("rand-", "and no ''"),
        ("rand-tweights", "and no 'tweights'"),
        ("rand-msdt0.5", r"no 'msdt0.5', as in .* Did you mean 'mstd'\?"),
        ("rand-m7-m8", "has the section m once"),
        ("rand-m", "has a whole number after m, "),
        ("rand-m7.5", "has a whole number after m, "),
        ("rand-m 7", "has a whole number after m, "),
        ("rand-n0", "has an n of 1 at least"),
        ("rand-mmax0", "has an mmax of 1 at least"),
        ("rand-inctrue", "no 'inctrue'"),
        ("rand-mstd0,5", "has a number after mstd"),
        ("rand-mstdinf", "no 'mstdinf'"),
        ("rand-p1.5", "has a probability p of 0 to 1"),
    ],
)
def test_another_text_is_refused(text, expected):
    with pytest.raises(InputError, match=expected) as caught:
        parse_rand_augment(text)
    assert f"rand_augment={text} is not a text of timm, which " in str(caught.value)
    assert EXAMPLE in str(caught.value)


def test_recipe_with_another_text_is_refused():
    with pytest.raises(
        InputError, match="rand_augment=rand-m7-q1 is not a text of timm, which "
    ):
        Recipe(resize=8, crop=8, steps=1, rand_augment="rand-m7-q1")
