"""What figures share: letters of every language, colours, and PNG bytes."""

import functools
import io

from matplotlib import font_manager
from matplotlib.backends.backend_agg import FigureCanvasAgg

INK = "#1f2933"
LONGEST_NAME = 26
# Tried after matplotlib's own font, which has no East Asian letters.
WIDER_FONTS = (
    "Noto Sans CJK JP",
    "Noto Sans CJK SC",
    "Source Han Sans",
    "Droid Sans Fallback",
    "Microsoft YaHei",
    "Yu Gothic",
    "Malgun Gothic",
    "Hiragino Sans",
    "PingFang SC",
    "Arial Unicode MS",
)


@functools.cache
def fonts():
    """Lists the fonts that letters are to be looked for in."""
    installed = set(font_manager.get_font_names())
    return ["DejaVu Sans", *(font for font in WIDER_FONTS if font in installed)]


@functools.cache
def _letters():
    """The code points that the fonts can draw."""
    paths = [font_manager.findfont(font) for font in fonts()]
    return frozenset().union(*(font_manager.get_font(p).get_charmap() for p in paths))


def drawable(name, number):
    """Gives a class name as it can be drawn: shortened, or "class N"."""
    if not all(c.isprintable() and ord(c) in _letters() for c in name):
        return f"class {number}"
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"


def png(figure):
    """Gives a figure as PNG bytes, cut to what is drawn."""
    buffer = io.BytesIO()
    FigureCanvasAgg(figure)
    figure.savefig(
        buffer, format="png", facecolor="white", bbox_inches="tight", pad_inches=0.12
    )
    return buffer.getvalue()
