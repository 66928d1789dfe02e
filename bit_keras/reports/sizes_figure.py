"""Accuracy against the size of test images as PNG bytes, a line for every share."""

import numpy as np
from matplotlib import colormaps
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator, PercentFormatter

from bit_keras.evaluation.figures import FIGURES
from bit_keras.evaluation.sizes_table import share_told
from bit_keras.reports.figures import GRID, HELD_OUT, INK, PALE, png

APART = 0.012  # of the axis, between the bars of two shares


def sizes_figure(outcomes, own, trained_size=None):
    """Draws a figure of test images over their size.

    Bars are 95 % confidence; those of one size stand beside each other.

    Args:
        outcomes: list of `bit_keras.evaluation.sizes.Outcome`.
        own: that of the network's own preprocessing, a diamond.
        trained_size: side in pixels of the images that it was trained on, where a
            vertical line is drawn; None where that is not known.

    Returns:
        PNG bytes.
    """
    figure = Figure(figsize=(7, 4.2), dpi=120, layout="constrained")
    axes = figure.subplots()
    axes.set_xscale("log", base=2)
    shares = sorted({x.preprocessing.share for x in (own, *outcomes)})
    colours = colormaps["viridis"](np.linspace(0, 0.85, len(shares)))
    for number, (share, colour) in enumerate(zip(shares, colours, strict=True)):
        aside = number - (len(shares) - 1) / 2
        drawn = [x for x in outcomes if x.preprocessing.share == share]
        drawn.sort(key=lambda outcome: outcome.preprocessing.crop)
        if drawn:
            label = f"share {share_told(share)}" if share else "whole image"
            _draw(axes, drawn, aside, color=colour, fmt="o-", label=label)
        if share == own.preprocessing.share:
            style = {"color": HELD_OUT, "fmt": "D", "zorder": 3}
            _draw(axes, [own], aside, label="the network's own", **style)
    if trained_size is not None:
        style = {"color": PALE, "linewidth": 1, "linestyle": ":"}
        axes.axvline(trained_size, label="size in training", **style)
    sizes = {outcome.preprocessing.crop for outcome in (own, *outcomes)}
    _finish(axes, sorted(sizes | {trained_size or own.preprocessing.crop}), own.figure)
    return png(figure)


def _draw(axes, outcomes, aside, **style):
    values = np.array([outcome.value for outcome in outcomes])
    sizes = [outcome.preprocessing.crop * (1 + APART) ** aside for outcome in outcomes]
    bars = None
    if outcomes[0].interval is not None:
        low, high = np.transpose([outcome.interval for outcome in outcomes])
        bars = np.maximum([values - low, high - values], 0)
    axes.errorbar(
        sizes, values, bars, markersize=5, linewidth=1.5, elinewidth=0.9, **style
    )


def _apart(sizes):
    """Leaves out what would be written over the size before."""
    least = (sizes[-1] / sizes[0]) ** (1 / 20)
    kept = sizes[:1]
    for size in sizes[1:]:
        if size > least * kept[-1]:
            kept.append(size)
    return kept


def _finish(axes, sizes, figure):
    axes.set_xlabel("side of the test images in pixels", color=INK, size=9)
    axes.set_ylabel(FIGURES[figure], color=INK, size=9)
    axes.set_xticks(_apart(sizes), [str(size) for size in _apart(sizes)])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlim(sizes[0] / 1.1, sizes[-1] * 1.1)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.grid(axis="y", color=GRID)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8, colors=INK)
    axes.figure.legend(
        loc="outside upper left", ncols=4, fontsize=8, labelcolor=INK, frameon=False
    )
