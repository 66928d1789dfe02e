"""Heat maps over photographs: red speaks for a class, blue against it."""

import numpy as np
from matplotlib import colormaps
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from PIL import Image

from bit_keras.reports.drawing import INK, drawable, fonts, png

COLOURS = "RdBu_r"
STRONGEST = 0.85  # of a colour beside the photograph under it
HEIGHT = 3.0  # inches


def overlay(picture, heat_map, largest):
    """Lays a heat map over a picture.

    Between positions it is interpolated. Where it is 0, the picture stays gray.

    Args:
        picture: uint8 (height, width, 3).
        heat_map: (rows, columns), of any size.
        largest: absolute value that has the full colour.

    Returns:
        uint8 (height, width, 3).
    """
    height, width, _ = picture.shape
    signed = Image.fromarray(np.asarray(heat_map, "float32"))
    signed = np.asarray(signed.resize((width, height), Image.Resampling.BILINEAR))
    signed = np.clip(signed / largest, -1, 1) if largest else 0 * signed
    colours = 255 * colormaps[COLOURS](0.5 + signed / 2)[..., :3]
    gray = np.asarray(Image.fromarray(picture).convert("L"), "float32")[..., None]
    share = STRONGEST * np.abs(signed)[..., None]
    return np.rint((1 - share) * gray + share * colours).astype("uint8")


def largest_of(heat_map):
    """Gives the absolute value at the ends of a map's scale of colours."""
    return float(np.abs(heat_map).max())


def heat_map_figure(picture, heat_map, class_name, against=None):
    """Draws a photograph beside its heat map, with a scale in logits.

    Args:
        picture: uint8 (height, width, 3), what the network saw of the photograph.
        heat_map: (rows, columns) in logits.
        class_name, against: what it is the map of; None of the logit as it is.

    Returns:
        PNG bytes.
    """
    largest = largest_of(heat_map)
    figure, taken = side_by_side([picture, overlay(picture, heat_map, largest)])
    scale = ScalarMappable(Normalize(-largest or -1, largest or 1), COLOURS)
    name = drawable(class_name, "shown")
    what = name if against is None else f"{name} against {drawable(against, 'shown')}"
    label = f"{what}, in logits;\nthe mean is {np.mean(heat_map):+.2f}"
    draw_scale(figure, taken, scale, label)
    return png(figure)


def side_by_side(pictures, titles=("", "")):
    """Draws pictures of one size beside each other.

    Args:
        pictures: uint8 arrays (height, width, 3).
        titles: a line for above each.

    Returns:
        (figure, inches from the left where a scale can begin).
    """
    height, width, _ = pictures[0].shape
    # A very long photograph must not become a very large figure.
    side = HEIGHT * min(max(width / height, 0.3), 3)
    taken = len(pictures) * (side + 0.1)
    figure = Figure(figsize=(taken + 1.4, HEIGHT), dpi=120)
    for number, (shown, title) in enumerate(zip(pictures, titles, strict=True)):
        left, whole = number * (side + 0.1), figure.get_figwidth()
        axes = figure.add_axes((left / whole, 0, side / whole, 1))
        axes.imshow(shown)
        axes.set_axis_off()
        axes.set_title(title, size=9, color=INK)
    return figure, taken


def draw_scale(figure, left, colours, label):
    """Draws a scale of colours at so many inches from the left of a figure."""
    whole = figure.get_figwidth()
    axes = figure.add_axes(((left + 0.05) / whole, 0.05, 0.15 / whole, 0.9))
    bar = figure.colorbar(colours, cax=axes)
    bar.outline.set_visible(False)
    bar.ax.tick_params(labelsize=8, colors=INK, length=0)
    for text in bar.ax.get_yticklabels():
        text.set_family(fonts())
    bar.set_label(label, color=INK, size=9, family=fonts(), parse_math=False)
