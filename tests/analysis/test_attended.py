import dataclasses

import keras
import numpy as np
import pytest

from bit_keras.analysis import attention_of, mean_attention_distance
from bit_keras.analysis.attended import attended, insides
from bit_keras.models import ViTSpec, vit
from bit_keras.preprocessing import Preprocessing
from bit_keras.training.trained import Trained

TINY = ViTSpec(hidden=16, depth=2, heads=2, mlp=16, patch=8)


def trained(**changes):
    keras.utils.set_random_seed(0)
    spec = dataclasses.replace(TINY, **changes)
    model = vit(spec, num_classes=3, image_size=32)
    generator = np.random.default_rng(0)
    # As after a training: attention and classes differ from place to place.
    for layer in model.layers:
        if layer.name.endswith(("_query", "_key")) or layer.name == "logits":
            layer.kernel.assign(generator.normal(0, 1, layer.kernel.shape))
    return Trained(model, ("blue", "green", "red"), Preprocessing(crop=32), "tiny")


@pytest.fixture(scope="module")
def photographs(write_pictures, tmp_path_factory):
    folder = write_pictures(tmp_path_factory.mktemp("photographs"), 2)
    broken = folder / "blue" / "broken.jpg"
    broken.write_text("no image")
    return [broken, *sorted(folder.glob("*/[01].jpg"))]


def pixels_of(paths):
    from bit_keras.data.photos import photo_batches

    (batch,) = photo_batches(paths, Preprocessing(crop=32))
    return batch[1].numpy()


@pytest.mark.parametrize("classifier", ["token", "map", "gap"])
def test_attention_is_beside_the_mean_and_has_the_class_of_the_network(
    photographs, classifier
):
    network = trained(classifier=classifier)
    found = list(attended(network, photographs))
    assert [each.path for each in found] == photographs[1:]
    logits = network.model.predict_on_batch(pixels_of(photographs))
    for each, row in zip(found, logits, strict=True):
        assert each.class_name == network.class_names[row.argmax()]
        for shown in (each.attention, each.without_residual):
            assert shown.shape == (4, 4)
            assert shown.mean() == pytest.approx(1)
            assert shown.std() > 0.01
        assert abs(each.attention - each.without_residual).max() > 0.01


def test_distances_are_those_of_all_photographs_however_many_at_once(
    photographs, monkeypatch
):
    network = trained()
    attention = attention_of(network.model, pixels_of(photographs))
    expected = mean_attention_distance(attention, (4, 4), 8)
    monkeypatch.setattr("bit_keras.analysis.attended.MOST_AT_ONCE", 4)
    found = insides(network, photographs)
    assert found.images == 6
    np.testing.assert_allclose(found.distances, expected, rtol=1e-4)


def test_what_a_network_lacks_is_left_out(photographs):
    found = insides(trained(), photographs)
    assert found.filters.shape == (16, 8, 8, 3)
    assert found.positions.shape == (4, 4, 4, 4)
    assert insides(trained(positions="sincos2d"), photographs).positions is None
