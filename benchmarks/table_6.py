"""Accuracy against compute: table 6 of the ViT paper, as a figure and beside our count.

All networks were trained on the 303 million images of JFT-300M, and fine-tuned.
"""

import argparse
import pathlib

from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator, PercentFormatter

from bit_keras import files
from bit_keras.families import FAMILIES
from bit_keras.families.cost import exaflops
from bit_keras.reports.drawing import INK, png
from bit_keras.reports.figures import GRID, HELD_OUT, LINE

FIGURE = pathlib.Path(__file__).parents[1] / "docs" / "table_6.png"
JFT = 303e6  # images
# Network, epochs, top-1 of ImageNet in %, exaFLOPs of the pre-training.
ROWS = (
    ("B/32", 7, 80.73, 55),
    ("B/16", 7, 84.15, 224),
    ("L/32", 7, 84.37, 196),
    ("L/16", 7, 86.30, 783),
    ("L/16", 14, 87.12, 1567),
    ("H/14", 14, 88.08, 4262),
    ("R50x1", 7, 77.54, 50),
    ("R50x2", 7, 82.12, 199),
    ("R101x1", 7, 80.67, 96),
    ("R152x1", 7, 81.88, 141),
    ("R152x2", 7, 84.97, 563),
    ("R152x2", 14, 85.56, 1126),
    ("R200x3", 14, 87.22, 3306),
    ("R50+B/32", 7, 84.90, 106),
    ("R50+B/16", 7, 85.58, 274),
    ("R50+L/32", 7, 85.68, 246),
    ("R50+L/16", 7, 86.60, 859),
    ("R50+L/16", 14, 87.12, 1668),
)
KINDS = {"BiT": HELD_OUT, "ViT": LINE, "hybrid": "#2e7d4f"}
# Labels stand to the right of their points, but for these.
LEFT = {
    *(("L/32", 7), ("L/16", 14), ("H/14", 14)),
    *(("R50+B/32", 7), ("R50+L/32", 7), ("R50+L/16", 7)),
}


def main():
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.table_6", description=__doc__
    )
    parser.parse_args()
    print(f"{'network':9} {'epochs':>6} {'published':>9} {'counted':>8}")
    for name, epochs, _, published in ROWS:
        found = counted(name, epochs)
        share = found / published - 1
        print(f"{name:9} {epochs:6} {published:9} {found:8.1f} {share:+.1%}")
    files.write(FIGURE, draw())
    print(f"drawn: {FIGURE}")


def counted(name, epochs):
    """Gives the exaFLOPs that we count for a network of the table."""
    family = FAMILIES["bit" if kind_of(name) == "BiT" else "vit"]
    spec = family.spec(name.lower().replace("/", "").replace("+", "_"))
    return exaflops(spec.multiply_adds((224, 224)), epochs * JFT)


def kind_of(name):
    """Gives "BiT", "ViT" or "hybrid"."""
    return "hybrid" if "+" in name else "BiT" if name[0] == "R" else "ViT"


def draw():
    """Draws accuracy against compute; gives PNG bytes."""
    figure = Figure(figsize=(7.5, 4.8), dpi=120, layout="constrained")
    axes = figure.subplots()
    axes.set_xscale("log")
    for kind, color in KINDS.items():
        rows = [row for row in ROWS if kind_of(row[0]) == kind]
        _, _, accuracies, costs = zip(*rows, strict=True)
        axes.plot(costs, accuracies, "o", color=color, markersize=5, label=kind)
        for name, epochs, accuracy, cost in rows:
            left = (name, epochs) in LEFT
            axes.annotate(
                name if epochs == 7 else f"{name} ({epochs})",
                (cost, accuracy),
                xytext=(-6 if left else 6, 5 if left else -6),
                textcoords="offset points",
                ha="right" if left else "left",
                va="center",
                size=7.5,
                color=color,
            )
    axes.set_xlim(40, 6500)
    ticks = (50, 100, 200, 500, 1000, 2000, 5000)
    axes.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel("exaFLOPs of pre-training on JFT-300M", color=INK, size=9)
    axes.set_ylabel("top-1 accuracy on ImageNet, fine-tuned", color=INK, size=9)
    axes.yaxis.set_major_formatter(PercentFormatter(decimals=0))
    axes.grid(color=GRID)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8, colors=INK)
    legend = axes.legend(loc="lower right", fontsize=8, labelcolor=INK, frameon=False)
    legend.set_title("(14): 14 epochs, else 7", {"size": 8})
    return png(figure)


if __name__ == "__main__":
    main()
