"""Figures as PNG bytes, drawn without a display and without shared plotting state."""

import numpy as np
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter, StrMethodFormatter

from bit_keras.reports.drawing import INK, drawable, fonts, png

PALE, GRID, EMPTY = "#a0a8b0", "#e4e8ec", "#d9d9d9"
RAW, LINE, HELD_OUT = "#b9cbe0", "#1f5fa8", "#c2570c"
MOST_CLASSES_WITH_COUNTS = 20
MOST_CLASSES_WITH_NAMES = 60
PAIRS_IN_CAPTION = 10
MOST_CELLS_A_SIDE = 250


def confusion_matrix_figure(confusion, class_names):
    """Draws how the examples of each true class were predicted.

    Colours give the share of a row's examples; a class without examples is grey. Up to
    20 classes the counts stand in the cells, up to 60 the names stand at the sides, and
    with more the most confused pairs are listed below.

    Args:
        confusion: (classes, classes) counts, true classes in rows.
        class_names: list of str, one per class. A name that no font at hand can
            draw becomes "class N", N counted from 0.

    Returns:
        PNG bytes.
    """
    confusion = np.asarray(confusion)
    names = [drawable(name, number) for number, name in enumerate(class_names)]
    few = len(names) <= MOST_CLASSES_WITH_COUNTS
    many = len(names) > MOST_CLASSES_WITH_NAMES
    side = 7.5 if many else max(2.6, (0.42 if few else 0.21) * len(names))
    figure = Figure(figsize=(side, side), dpi=120)
    axes = figure.add_axes((0, 0, 1, 1))
    _draw_shares(axes, confusion, few)
    axes.set_ylabel("true class", color=INK)
    axes.set_xlabel("predicted class", color=INK)
    if many:
        axes.set_xticks([])
        axes.set_yticks([])
        _write_pairs(axes, confusion, names)
    else:
        _write_names(axes, names, few)
    if few:
        _write_counts(axes, confusion)
    return png(figure)


def _draw_shares(axes, confusion, few):
    totals = confusion.sum(axis=1, keepdims=True)
    shares = np.where(totals > 0, confusion / np.maximum(totals, 1), np.nan)
    label = "share of the true class"
    block = -(-len(shares) // MOST_CELLS_A_SIDE)
    if block > 1:
        shares = _largest_of_blocks(shares, block)
        label += f" (largest of {block} × {block} classes)"
    axes.set_facecolor(EMPTY)
    # A square root lets the few strays of a large matrix be seen.
    norm = PowerNorm(gamma=1 if few else 0.5, vmin=0, vmax=1)
    picture = axes.imshow(np.ma.masked_invalid(shares), cmap="Blues", norm=norm)
    axes.spines[:].set_visible(False)

    width = 0.15 / axes.figure.get_figwidth()
    bar = axes.figure.colorbar(
        picture,
        cax=axes.inset_axes((1 + width, 0.15, width, 0.7)),
        ticks=(0, 0.25, 0.5, 0.75, 1) if few else (0, 0.02, 0.1, 0.25, 0.5, 1),
        format=PercentFormatter(1.0, decimals=0),
    )
    bar.set_label(label, color=INK, size=9)
    bar.ax.tick_params(labelsize=8, colors=INK, length=0)
    bar.outline.set_visible(False)


def _largest_of_blocks(shares, block):
    """Shrinks a square matrix, so that a single confused pair stays visible."""
    starts = np.arange(0, len(shares), block)
    rows = np.fmax.reduceat(shares, starts, axis=0)
    return np.fmax.reduceat(rows, starts, axis=1)


def _write_names(axes, names, few):
    places = range(len(names))
    axes.set_xticks(places, names)
    axes.set_yticks(places, names)
    for label in [*axes.get_xticklabels(), *axes.get_yticklabels()]:
        label.set(family=fonts(), parse_math=False, color=INK, size=9 if few else 7.5)
    letter = 0.085  # inches
    if max(map(len, names)) * letter * len(names) > axes.figure.get_figwidth():
        for label in axes.get_xticklabels():
            label.set(rotation=45, ha="right", rotation_mode="anchor")
    axes.tick_params(length=0)


def _write_counts(axes, confusion):
    totals = np.maximum(confusion.sum(axis=1), 1)
    size = 8 if confusion.max() < 1000 else 6
    for (row, column), count in np.ndenumerate(confusion):
        color = "white" if count / totals[row] > 0.5 else INK if count else PALE
        axes.text(
            column, row, f"{count}", ha="center", va="center", size=size, color=color
        )


def _write_pairs(axes, confusion, names):
    pairs = most_confused_pairs(confusion, PAIRS_IN_CAPTION)
    lines = ["Most confused (true → predicted):" if pairs else "No class is confused."]
    for true, predicted, count in pairs:
        total = confusion[true].sum()
        lines.append(f"{count} of {total}:  {names[true]}  →  {names[predicted]}")
    axes.text(
        0,
        -0.06,
        "\n".join(lines),
        transform=axes.transAxes,
        va="top",
        size=9,
        linespacing=1.5,
        color=INK,
        family=fonts(),
        parse_math=False,
    )


def most_confused_pairs(confusion, count):
    """Gives up to `count` (true class, predicted class, examples), most examples first.

    Args:
        confusion: (classes, classes) counts, true classes in rows.
    """
    wrong = np.array(confusion)
    np.fill_diagonal(wrong, 0)
    order = np.argsort(-wrong, axis=None, kind="stable")[:count]
    places = zip(*np.unravel_index(order, wrong.shape), strict=True)
    return [(int(i), int(j), int(wrong[i, j])) for i, j in places if wrong[i, j]]


def curves_figure(rows, evaluations=()):
    """Draws loss, accuracy and learning rate over the steps of a training run.

    Args:
        rows: list of dicts with `step` and any of `loss`, `accuracy` (0..1) and
            `learning_rate`; a value that is missing, None or not finite is left out.
        evaluations: likewise with `step` and any of `loss` and `top1`, on held-out
            images.

    Returns:
        PNG bytes.
    """
    figure = Figure(figsize=(7.5, 6), dpi=120, layout="constrained")
    loss, accuracy, rate = figure.subplots(3, 1, sharex=True, height_ratios=(3, 2, 1.4))
    for axes, key, held_out in (
        (loss, "loss", "loss"),
        (accuracy, "accuracy", "top1"),
        (rate, "learning_rate", None),
    ):
        steps, values = _series(rows, key)
        marker = "o" if len(steps) < 2 else None
        if key == "learning_rate":
            axes.plot(steps, values, color=LINE, marker=marker, linewidth=1.5)
        else:
            axes.plot(steps, values, color=RAW, linewidth=1)
            axes.plot(steps, smoothed(values), color=LINE, marker=marker, linewidth=1.8)
        axes.plot(*_series(evaluations, held_out), "o-", color=HELD_OUT, markersize=4)
        axes.set_title(key.replace("_", " "), loc="left", size=10, color=INK)
        axes.grid(axis="y", color=GRID)
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(labelsize=8, colors=INK)
        if not len(values):
            axes.set_yticks([])
            style = {"transform": axes.transAxes, "ha": "center", "color": PALE}
            axes.text(0.5, 0.5, "no values", **style)
    accuracy.yaxis.set_major_formatter(PercentFormatter(1.0))
    rate.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    rate.set_ylim(bottom=0)
    whole = MaxNLocator(integer=True, steps=(1, 2, 5, 10), min_n_ticks=1)
    rate.xaxis.set_major_locator(whole)
    rate.set_xlabel("step", color=INK)
    return png(figure)


def _series(rows, key):
    pairs = [(row["step"], row[key]) for row in rows if row.get(key) is not None]
    steps, values = np.array(pairs, dtype="float64").reshape(-1, 2).T
    finite = np.isfinite(values)
    return steps[finite], values[finite]


def smoothed(values):
    """Averages each value with its neighbours, over a 30th of the values in all.

    Near an end the window is cut on both sides alike, so the line keeps its course.
    """
    values = np.asarray(values, dtype="float64")
    places = np.arange(len(values))
    reach = np.minimum(len(values) // 60, np.minimum(places, places[::-1]))
    sums = np.concatenate([[0.0], np.cumsum(values)])
    return (sums[places + reach + 1] - sums[places - reach]) / (2 * reach + 1)
