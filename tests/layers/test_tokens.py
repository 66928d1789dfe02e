import numpy as np
import pytest

from bit_keras.layers import ClassToken, FirstToken, PositionEmbedding, Probe

pytestmark = pytest.mark.backend


@pytest.fixture
def tokens():
    return np.random.default_rng(0).normal(size=(2, 6, 8)).astype("float32")


def test_class_token_comes_first_and_begins_as_zero(run_layer, tokens):
    layer = ClassToken()
    found = run_layer(layer, tokens)
    assert (found[:, 0] == 0).all()
    np.testing.assert_array_equal(found[:, 1:], tokens)
    layer.token.assign(np.ones((1, 1, 8)))
    assert (run_layer(layer, tokens)[:, 0] == 1).all()


def test_first_token_is_taken(run_layer, tokens):
    np.testing.assert_array_equal(run_layer(FirstToken(), tokens), tokens[:, 0])


def test_probe_is_the_same_for_every_image(run_layer, tokens):
    found = run_layer(Probe(), tokens)
    assert found.shape == (2, 1, 8)
    np.testing.assert_array_equal(found[0], found[1])


def test_learned_positions_are_added_to_every_token(run_layer, tokens):
    layer = PositionEmbedding((2, 2))
    found = run_layer(layer, tokens)  # four patches and two before them
    np.testing.assert_allclose(
        found, tokens + np.array(layer.get_weights()[0]), atol=1e-6
    )
    assert layer.extra == 2


def test_positions_of_row_and_column_are_learned_apart(run_layer, tokens):
    layer = PositionEmbedding((2, 3), "learned_2d")
    layer.build(tokens.shape)
    rows, columns = np.arange(8.0).reshape(2, 1, 4), np.arange(12.0).reshape(1, 3, 4)
    layer.set_weights([rows, columns])
    added = run_layer(layer, tokens) - tokens
    for place in range(6):
        expected = [*rows[place // 3, 0], *columns[0, place % 3]]
        np.testing.assert_allclose(added[1, place], expected, atol=1e-5)


def test_token_before_the_patches_has_a_position_of_its_own(run_layer, tokens):
    layer = PositionEmbedding((1, 5), "learned_2d")
    layer.build(tokens.shape)
    shapes = [weight.shape for weight in layer.get_weights()]
    assert shapes == [(1, 1, 4), (1, 5, 4), (1, 1, 8)]


def test_fixed_positions_are_sines_and_cosines_of_column_and_row(run_layer, tokens):
    added = run_layer(PositionEmbedding((2, 3), "sincos2d"), tokens) - tokens
    # Of 8 numbers, two frequencies each: 1 and 1/10,000. The last patch is in column 2
    # of row 1.
    expected = [
        *(np.sin(2), np.sin(2e-4), np.cos(2), np.cos(2e-4)),
        *(np.sin(1), np.sin(1e-4), np.cos(1), np.cos(1e-4)),
    ]
    np.testing.assert_allclose(added[0, 5], expected, atol=1e-6)


def test_token_before_the_patches_has_no_fixed_position(run_layer, tokens):
    found = run_layer(PositionEmbedding((1, 5), "sincos2d"), tokens)
    np.testing.assert_array_equal(found[:, 0], tokens[:, 0])
    assert (found[:, 1:] != tokens[:, 1:]).any()
