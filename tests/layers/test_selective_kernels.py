import keras
import numpy as np
import pytest

from bit_keras.layers import StreamChoice, StreamSum

pytestmark = pytest.mark.backend


@pytest.fixture(scope="module")
def streams():
    return np.random.default_rng(0).normal(size=(2, 3, 4, 6)).astype("float32")


def test_sum_adds_the_means_of_both_streams(run_layer, streams):
    found = run_layer(StreamSum(), streams)
    first, second = streams[..., :3].mean((1, 2)), streams[..., 3:].mean((1, 2))
    np.testing.assert_allclose(found[:, 0, 0], first + second, atol=1e-6)


@pytest.mark.parametrize(("score", "stream"), [(50, 0), (-50, 1)])
def test_stream_of_a_much_higher_score_is_taken_alone(
    run_layer, streams, score, stream
):
    scores = np.zeros((2, 1, 1, 6), "float32")
    scores[..., :3] = score
    found = run_layer(StreamChoice(), [streams, scores])
    np.testing.assert_allclose(found, np.split(streams, 2, -1)[stream], atol=1e-6)


def test_equal_scores_give_the_mean_of_both_streams(run_layer, streams):
    scores = np.full((2, 1, 1, 6), 7, "float32")
    found = run_layer(StreamChoice(), [streams, scores])
    expected = (streams[..., :3] + streams[..., 3:]) / 2
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_shapes_are_told_without_the_images():
    streams = keras.KerasTensor((None, None, None, 6))
    assert StreamSum()(streams).shape == (None, 1, 1, 3)
    assert StreamChoice()([streams, streams]).shape == (None, None, None, 3)
