import numpy as np
import pytest

from bit_keras.errors import InputError
from bit_keras.evaluation.few_shot import accuracy
from bit_keras.evaluation.learning_curve import learning_curve

CLASSES, WIDTH = 4, 12
L2 = 10.0


def images(generator, each, spread=1.6):
    """Gives features of classes that overlap, and labels."""
    labels = np.arange(CLASSES).repeat(each)
    centres = 1.5 * np.eye(CLASSES, WIDTH)
    return centres[labels] + spread * generator.normal(
        size=(len(labels), WIDTH)
    ), labels


def looked_ahead(world, each, spread):
    """Gives the curve of images, and the accuracy that twice as many really have."""
    generator = np.random.default_rng(world)
    test = images(generator, 75, spread)
    half, other = (images(generator, each, spread) for _ in range(2))
    curve = learning_curve(*half, test, num_classes=CLASSES, l2=L2)
    both = [np.concatenate(pair) for pair in zip(half, other, strict=True)]
    return curve, accuracy(both, test, CLASSES, L2)


def test_the_interval_holds_the_truth_about_as_often_as_it_claims():
    held, missed, reach = [], [], []
    for world in range(200):
        curve, truth = looked_ahead(world, (6, 12, 25, 50)[world % 4], 1 + world % 3)
        assert curve.low < curve.forecast < curve.high
        held.append(curve.low <= truth <= curve.high)
        missed.append(abs(truth - curve.forecast))
        reach.append((curve.high - curve.low) / 2)
    # Two standard deviations of 200 trials at 95 % are 3.1 %.
    assert np.mean(held) >= 0.919
    # Nor is it so only because it is far too wide.
    assert np.mean(reach) < 1.6 * np.quantile(missed, 0.95)


def test_the_forecast_is_of_what_is_still_to_be_learned():
    pairs = [looked_ahead(world, 12, 1.2) for world in range(30)]
    truth = np.mean([truth for _, truth in pairs])
    now = np.mean([curve.accuracy for curve, _ in pairs])
    assert truth > now + 0.02
    forecast = np.mean([curve.forecast for curve, _ in pairs])
    assert abs(forecast - truth) < (truth - now) / 2


def test_parts_are_those_of_every_class():
    generator = np.random.default_rng(0)
    values, labels = images(generator, 40)
    kept = np.flatnonzero((labels != 1) | (np.cumsum(labels == 1) <= 10))
    test = images(generator, 25)
    curve = learning_curve(values[kept], labels[kept], test, num_classes=CLASSES)
    assert curve.examples == (3 * 10 + 3, 3 * 20 + 5, 130)
    assert np.ptp(curve.accuracies[:, 2]) == 0
    whole = accuracy((values[kept], labels[kept]), test, CLASSES, 1024.0)
    assert curve.accuracy == whole


def test_the_line_leads_to_the_forecast():
    curve, _ = looked_ahead(0, 25, 1.5)
    ends = curve.fitted([curve.examples[0], 2 * curve.examples[-1]])
    assert ends[1] == pytest.approx(curve.forecast)
    assert ends[0] == pytest.approx(curve.accuracies[:, 0].mean(), abs=0.03)


def test_the_line_goes_by_how_many_images_there_really_are():
    curve, _ = looked_ahead(0, 6, 1.5)
    assert curve.examples == (8, 12, 24)  # a quarter of 6 is 2
    right = 300 * curve.accuracies
    odds = np.log((right + 0.5) / (300 - right + 0.5)).mean(axis=0)
    slope, level = np.polyfit(np.log2([8 / 24, 12 / 24, 1]), odds, 1)
    np.testing.assert_allclose(curve.line, [level, slope])


def test_where_all_is_right_there_is_still_an_interval():
    curve, truth = looked_ahead(0, 25, 0.05)
    assert curve.accuracy == truth == curve.high == 1
    assert 0.9 < curve.low < 1


@pytest.mark.parametrize(
    ("each", "seeds", "told"),
    [
        (3, 5, "Received: 12 images of 4 classes"),
        (8, 1, "two seeds at least"),
        (8, 0, "at least one seed"),
    ],
)
def test_too_few_images_or_seeds_are_refused(each, seeds, told):
    values, labels = images(np.random.default_rng(0), each)
    with pytest.raises(InputError, match=told):
        learning_curve(values, labels, (values, labels), seeds=seeds)
