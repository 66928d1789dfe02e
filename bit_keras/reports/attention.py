"""Where a ViT looked, over photographs, and what it has learned to look at."""

import numpy as np
from matplotlib import colormaps
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from PIL import Image

from bit_keras.reports.drawing import INK, png
from bit_keras.reports.figures import GRID, LINE
from bit_keras.reports.heat_maps import draw_scale, side_by_side

COLOURS = "viridis"  # not those of heat maps, which speak for and against
TINT = 0.6  # of the colours, over the photograph in gray
TITLES = ("photograph", "attention\nrollout", "without\nresiduals")
COLUMNS = 7  # of filters
MOST_POSITIONS = 7  # a side, whose maps are drawn
PART = 3.6  # inches


def attention_figure(picture, attention, without_residual):
    """Draws a photograph beside itself in the colours of where a network looked.

    Args:
        picture: uint8 (height, width, 3), what the network saw of the photograph.
        attention, without_residual: (rows, columns), of which 1 is the mean.

    Returns:
        PNG bytes.
    """
    largest = float(max(attention.max(), without_residual.max()))
    maps = (attention, without_residual)
    tinted = [_tinted(picture, each, largest) for each in maps]
    figure, taken = side_by_side([picture, *tinted], TITLES)
    scale = ScalarMappable(Normalize(0, largest), COLOURS)
    draw_scale(figure, taken, scale, "attention; evenly spread it were 1")
    return png(figure)


def _tinted(picture, attention, largest):
    height, width, _ = picture.shape
    scaled = Image.fromarray(np.asarray(attention / largest, "float32"))
    scaled = scaled.resize((width, height), Image.Resampling.BILINEAR)
    colours = 255 * colormaps[COLOURS](np.asarray(scaled))[..., :3]
    gray = np.asarray(Image.fromarray(picture).convert("L"), "float32")[..., None]
    return np.rint((1 - TINT) * gray + TINT * colours).astype("uint8")


def insides_figure(insides):
    """Draws what a ViT has learned to look at, side by side.

    Args:
        insides: `bit_keras.analysis.attended.Insides`.

    Returns:
        PNG bytes.
    """
    parts = [_draw_distances]
    if insides.filters is not None:
        parts.append(_draw_filters)
    if insides.positions is not None:
        parts.append(_draw_positions)
    size = (PART * len(parts), PART)
    figure = Figure(figsize=size, dpi=120, layout="constrained")
    places = figure.subplots(1, len(parts), squeeze=False)[0]
    for draw, axes in zip(parts, places, strict=True):
        draw(axes, insides)
    return png(figure)


def _draw_distances(axes, insides):
    blocks, heads = insides.distances.shape
    numbers = np.repeat(np.arange(blocks), heads)
    axes.plot(numbers, insides.distances.ravel(), "o", color=LINE, markersize=4)
    # Of an image of a single patch all are 0.
    axes.set_ylim(0, 1.05 * insides.distances.max() or 1)
    axes.set_box_aspect(1)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.grid(axis="y", color=GRID)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8, colors=INK)
    axes.set_xlabel("block", size=9, color=INK)
    axes.set_title("reach of each head, in pixels", size=10, color=INK)


def _draw_filters(axes, insides):
    axes.imshow(_tiled(insides.filters, COLUMNS), interpolation="nearest")
    axes.set_axis_off()
    axes.set_title("components of the patch filters", size=10, color=INK)


def _draw_positions(axes, insides):
    chosen = [
        np.unique(np.linspace(0, side - 1, min(side, MOST_POSITIONS)).round())
        for side in insides.positions.shape[:2]
    ]
    maps = insides.positions[np.ix_(*(places.astype(int) for places in chosen))]
    tiled = _tiled(maps.reshape(-1, *maps.shape[2:]), len(chosen[1]))
    picture = axes.imshow(tiled, COLOURS, Normalize(-1, 1), interpolation="nearest")
    axes.set_axis_off()
    axes.set_title("likeness of the positions", size=10, color=INK)
    bar = axes.figure.colorbar(picture, ax=axes, shrink=0.7)
    bar.outline.set_visible(False)
    bar.ax.tick_params(labelsize=8, colors=INK, length=0)


def _tiled(tiles, columns):
    """Puts tiles (count, height, width, …) into rows, with white between them."""
    rows = -(-len(tiles) // columns)
    height, width = (side + max(1, side // 8) for side in tiles.shape[1:3])
    whole = np.full((rows * height, columns * width, *tiles.shape[3:]), np.nan)
    for number, tile in enumerate(tiles):
        top, left = number // columns * height, number % columns * width
        whole[top : top + tile.shape[0], left : left + tile.shape[1]] = tile
    return np.nan_to_num(whole, nan=1.0) if tiles.ndim == 4 else whole
