import pytest

from bit_keras.errors import InputError
from bit_keras.families import Family, PublishedFile
from bit_keras.families.bit import FAMILY, VARIANTS, BiTSpec
from bit_keras.preprocessing import Preprocessing


def test_a_published_file_gives_its_preprocessing_whole():
    facts = {"share": 0.95, "interpolation": "bicubic", "antialias": True}
    file = PublishedFile("name", "url", "bit_tiny", 10, crop=160, **facts)
    assert file.preprocessing == Preprocessing(crop=160, **facts)


def test_the_name_of_a_variant_gives_its_spec():
    assert FAMILY.spec("r50x3") is VARIANTS["r50x3"]


def test_a_spec_of_the_user_s_own_is_its_own_variant():
    spec = BiTSpec((1, 2), 1)
    assert FAMILY.spec(spec) is spec


def test_an_unknown_variant_is_refused_with_a_suggestion():
    with pytest.raises(InputError, match=r"'R50X1'. Did you mean 'r50x1'"):
        FAMILY.spec("R50X1")


def test_a_variant_that_is_added_later_is_found():
    family = Family("other", {}, {})
    family.variants["new"] = VARIANTS["tiny"]
    assert family.spec("new") is VARIANTS["tiny"]
