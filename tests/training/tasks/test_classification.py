import numpy as np
import pytest
import tensorflow as tf

from bit_keras.training.tasks.classification import Evaluator


def test_an_evaluator_makes_its_graph_once(small_network, small_batch, monkeypatch):
    network = small_network()
    evaluate = Evaluator(
        network, tf.data.Dataset.from_tensors(small_batch), ("a", "b", "c"), "softmax"
    )
    first = evaluate(network.get_weights())
    calls = []
    monkeypatch.setattr(
        type(network), "call", lambda *args, **arguments: calls.append(args)
    )
    weights = network.get_weights()
    weights[-1] = np.array([0, 9, 0], "float32")  # all images are of class b
    second = evaluate(weights)
    assert calls == []
    assert first["loss"] == pytest.approx(np.log(3))
    assert second["top1"] == pytest.approx(3 / 8)
