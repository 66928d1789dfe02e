import pytest

from bit_keras import families, models, weights
from bit_keras.errors import InputError
from bit_keras.families.bit import FAMILY, VARIANTS
from bit_keras.layers.pixel_normalization import NORMALIZATIONS
from bit_keras.losses import LOSSES


def test_a_registry_name_gives_family_and_spec():
    assert families.network("bit_r101x3") == (FAMILY, VARIANTS["r101x3"])


def test_every_name_is_a_network():
    assert "bit_tiny" in families.names()
    for name in families.names():
        family, spec = families.network(name)
        assert name in family.networks
        assert spec.parameters() > 0


def test_an_unknown_name_is_refused_with_a_suggestion():
    with pytest.raises(InputError, match="'bit_r26'.*Did you mean 'bit_r26x1'.*models"):
        families.network("bit_r26")


def test_a_family_that_is_added_is_found(monkeypatch):
    other = families.Family("other", {"a": VARIANTS["tiny"]}, {"other_a": "a"})
    monkeypatch.setitem(families.FAMILIES, "other", other)
    assert families.network("other_a") == (other, VARIANTS["tiny"])
    assert families.names()[-1] == "other_a"


@pytest.mark.parametrize("family", families.FAMILIES)
def test_published_files_are_of_what_there_is(family):
    for file in families.FAMILIES[family].published.values():
        families.network(file.network)
        assert file.loss in LOSSES
        assert file.normalization in NORMALIZATIONS
        words = weights.words(file.words)
        assert words is None or len(words) == file.num_classes
        assert file.preprocessing.crop > 0


@pytest.mark.parametrize("family", families.FAMILIES)
def test_every_family_has_a_builder(family):
    assert family in models.registry.BUILDERS
    assert families.FAMILIES[family].name == family
