import numpy as np
import pytest

from bit_keras.layers import Attention, AttentionWeights

pytestmark = pytest.mark.backend


@pytest.fixture
def tokens():
    """Query of (2, 3, 8), key and value of (2, 5, 8)."""
    random = np.random.default_rng(0)
    return [random.normal(size=(2, n, 8)).astype("float32") for n in (3, 5, 5)]


def attention(query, key, value, heads):
    """(weights, mixed) of the paper's equations 6 and 7, one head at a time."""
    weights, mixed = [], []
    for part in np.split(np.arange(query.shape[-1]), heads):
        scores = query[..., part] @ key[..., part].swapaxes(1, 2) / len(part) ** 0.5
        shares = np.exp(scores) / np.exp(scores).sum(-1, keepdims=True)
        weights.append(shares)
        mixed.append(shares @ value[..., part])
    return np.stack(weights, 1), np.concatenate(mixed, -1)


@pytest.mark.parametrize("heads", [1, 2])
def test_tokens_are_mixed_by_the_weights_of_attention(run_layer, tokens, heads):
    weights, mixed = attention(*tokens, heads)
    np.testing.assert_allclose(
        run_layer(Attention(heads), tokens), mixed, atol=1e-5, rtol=1e-5
    )
    np.testing.assert_allclose(
        run_layer(AttentionWeights(heads), tokens), weights, atol=1e-5
    )


def test_dropped_attention_is_made_up_for_in_the_mean(tokens):
    import keras

    keras.utils.set_random_seed(0)
    layer = Attention(2, dropout=0.5)
    _, mixed = attention(*tokens, 2)
    drawn = [np.array(keras.ops.convert_to_numpy(layer(tokens, training=True)))]
    drawn += [
        np.array(keras.ops.convert_to_numpy(layer(tokens, training=True)))
        for _ in range(200)
    ]
    assert drawn[0].std() > 0
    assert np.abs(drawn[0] - drawn[1]).max() > 0.1
    np.testing.assert_allclose(np.mean(drawn, 0), mixed, atol=0.3)


def test_nothing_is_dropped_outside_of_training(run_layer, tokens):
    _, mixed = attention(*tokens, 2)
    np.testing.assert_allclose(
        run_layer(Attention(2, dropout=0.5), tokens), mixed, atol=1e-5
    )
