import numpy as np
import pytest

from bit_keras.analysis.evidence import finding, region_shares

ROWS, COLUMNS = 5, 7


def maps_of(seed, images=40):
    """Maps of objects near the centre with heads at the top, but no mark."""
    generator = np.random.default_rng(seed)
    places = np.mgrid[:ROWS, :COLUMNS]
    row = generator.normal(1.5, 0.8, (images, 1, 1))
    column = generator.normal(3, 1.2, (images, 1, 1))
    distance = (places[0] - row) ** 2 + (places[1] - column) ** 2
    return 4 * np.exp(-distance / 2) + generator.normal(0, 1, (images, ROWS, COLUMNS))


def test_even_evidence_has_the_shares_of_the_areas():
    shares = region_shares(np.ones((2, ROWS, COLUMNS)))
    expected = np.outer([1, 2, 1], [1, 2, 1]) / 16
    np.testing.assert_allclose(shares, [expected, expected])


def test_a_place_belongs_to_its_region_and_what_speaks_against_to_none():
    heat_map = np.full((1, 4, 8), -1.0)
    heat_map[0, 0, 7] = 3
    heat_map[0, 2, 4] = 1
    expected = [[0, 0, 0.75], [0, 0.25, 0], [0, 0, 0]]
    np.testing.assert_allclose(region_shares(heat_map)[0], expected)


def test_an_image_without_positive_evidence_has_no_shares():
    assert np.isnan(region_shares(-np.ones((1, 3, 3)))).all()


@pytest.mark.parametrize(
    ("place", "name"),
    [
        ((0, 0), "top left corner"),
        ((0, -1), "top right corner"),
        ((-1, 0), "bottom left corner"),
        ((-1, -1), "bottom right corner"),
        ((2, 0), "left edge"),
    ],
)
def test_a_mark_is_named_where_it_is(place, name):
    for seed in range(20):
        maps = maps_of(seed)
        maps[(slice(None), *place)] += 8
        found = finding(region_shares(maps))
        assert found.region == name
        assert found.share > found.area
        assert found.share > found.mirror_share


def test_of_two_regions_the_one_with_more_is_named_though_the_other_is_more_certain():
    shares = np.full((40, 3, 3), 0.05)
    shares[:, 2, 2] = np.resize([0.3, 0.7], 40)  # a mark
    shares[:, 1, 2] = 0.18  # what of it is seen beside it
    shares[:, 1, 1] += 1 - shares.sum(axis=(1, 2))
    assert finding(shares).region == "bottom right corner"


def test_without_a_mark_there_is_an_alarm_in_less_than_one_of_a_hundred():
    alarms = [finding(region_shares(maps_of(seed))) is not None for seed in range(300)]
    assert sum(alarms) < 3


def test_what_many_copies_of_one_image_show_is_one_image():
    maps = np.repeat(maps_of(3, 12), 30, axis=0)
    maps[:60, 0, 0] += 6
    shares = region_shares(maps)
    assert finding(shares) is not None
    assert finding(shares, np.repeat(np.arange(12), 30)) is None


def test_a_region_below_its_area_is_not_named_for_its_emptier_mirror_image():
    maps = np.zeros((40, 4, 4))
    maps[:, 1:3, 1:3] = 20
    maps[:, 0, 0] = 1
    assert finding(region_shares(maps)) is None


@pytest.mark.parametrize("images", [0, 1, 8])
def test_of_few_images_nothing_is_said(images):
    maps = np.zeros((images, 4, 4))
    maps[:, 0, 0] = 1
    assert finding(region_shares(maps)) is None


def test_a_map_of_one_position_says_nothing():
    assert finding(region_shares(np.ones((40, 1, 1)))) is None


def test_the_sentence_names_class_place_and_figures():
    maps = np.ones((40, 4, 4))
    maps[:, 3, 3] = 5
    told = finding(region_shares(maps)).sentence("cat")
    assert "In 'cat' the bottom right corner carries 25% of the evidence on 6%" in told
    assert "the bottom left corner 5%" in told
    assert "(40 images, p = 0.0001)" in told
