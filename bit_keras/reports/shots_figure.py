"""Accuracy against shots as PNG bytes: every draw, and what comes of twice as many."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator, PercentFormatter

from bit_keras.reports.figures import GRID, HELD_OUT, INK, LINE, PALE, RAW, png


def shots_figure(each, accuracies, *, middle="mean", chance=None, curve=None):
    """Draws accuracies over the number of images of each class.

    Args:
        each: sequence of numbers of images of each class, (shots,), on average.
        accuracies: array (seeds, shots), in 0..1; every one is a dot.
        middle: "mean" or "median", which a line joins.
        chance: accuracy of guessing, where there is to be a line.
        curve: `learning_curve.LearningCurve` with the number of classes, or None.

    Returns:
        PNG bytes.
    """
    accuracies = np.asarray(accuracies)
    figure = Figure(figsize=(7, 4.2), dpi=120, layout="constrained")
    axes = figure.subplots()
    axes.set_xscale("log", base=2)
    dots = np.broadcast_to(each, accuracies.shape)
    axes.plot(dots.ravel(), accuracies.ravel(), "o", color=RAW, markersize=4)
    line = getattr(np, middle)(accuracies, axis=0)
    label = f"{middle} of {len(accuracies)} draws"
    axes.plot(each, line, "o-", color=LINE, markersize=5, label=label)
    if curve is not None:
        each = [*each, *_draw_curve(axes, *curve)]
    if chance is not None:
        axes.axhline(chance, color=PALE, linewidth=1, linestyle=":", label="guessing")
    _finish(axes, sorted(set(each)))
    return png(figure)


def _draw_curve(axes, curve, num_classes):
    """Draws parts of the images and twice as many; gives the ends of the axis."""
    examples = np.array([*curve.examples, 2 * curve.examples[-1]])
    each = examples / num_classes
    dots = np.broadcast_to(each[:-1], curve.accuracies.shape)
    style = {"color": HELD_OUT, "markersize": 3.5, "markerfacecolor": "none"}
    axes.plot(
        dots.ravel(),
        curve.accuracies.ravel(),
        "s",
        label="a quarter, a half, all of the images",
        **style,
    )
    fine = np.geomspace(examples[0], examples[-1], 50)
    fitted = curve.fitted(fine)
    axes.plot(fine / num_classes, fitted, "--", color=HELD_OUT, linewidth=1.2)
    axes.errorbar(
        each[-1],
        curve.forecast,
        [[curve.forecast - curve.low], [curve.high - curve.forecast]],
        fmt="D",
        color=HELD_OUT,
        markersize=5,
        capsize=4,
        label="twice as many, 95 % confidence",
    )
    return each[-2:]


def _finish(axes, each):
    axes.set_xlabel("training images of each class", color=INK, size=9)
    axes.set_ylabel("accuracy on the test images", color=INK, size=9)
    axes.set_xticks(_apart(each), [f"{value:.3g}" for value in _apart(each)])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlim(each[0] / 1.25, each[-1] * 1.25)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.grid(axis="y", color=GRID)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8, colors=INK)
    axes.legend(loc="best", fontsize=8, labelcolor=INK, frameon=False)


def _apart(values):
    """Leaves out what would be written over the value before."""
    kept = []
    for value in values:
        if not kept or value > 1.2 * kept[-1]:
            kept.append(value)
    return kept
