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
    height, width, _ = picture.shape
    # A very long photograph must not become a very large figure.
    side = HEIGHT * min(max(width / height, 0.3), 3)
    figure = Figure(figsize=(2 * side + 1.6, HEIGHT), dpi=120)
    whole = figure.get_figwidth()
    largest = largest_of(heat_map)
    for number, shown in enumerate((picture, overlay(picture, heat_map, largest))):
        left = number * (side + 0.1) / whole
        axes = figure.add_axes((left, 0, side / whole, 1))
        axes.imshow(shown)
        axes.set_axis_off()
    scale = Normalize(-largest or -1, largest or 1)
    bar = figure.colorbar(
        ScalarMappable(scale, COLOURS),
        cax=figure.add_axes(((2 * side + 0.25) / whole, 0.05, 0.15 / whole, 0.9)),
    )
    bar.outline.set_visible(False)
    bar.ax.tick_params(labelsize=8, colors=INK, length=0)
    for label in bar.ax.get_yticklabels():
        label.set_family(fonts())
    name = drawable(class_name, "shown")
    what = name if against is None else f"{name} against {drawable(against, 'shown')}"
    bar.set_label(
        f"{what}, in logits;\nthe mean is {np.mean(heat_map):+.2f}",
        color=INK,
        size=9,
        family=fonts(),
        parse_math=False,
    )
    return png(figure)
