"""A sheet of what a recipe makes of training images: one picture for the eye."""

import dataclasses

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from bit_keras.data.batches import Share, training_batches
from bit_keras.reports.drawing import INK, drawable, fonts, png
from bit_keras.reports.pictures import as_rgb

AUGMENTED_ROWS = 4
MOST_LINES = 5  # below a picture
LEAST_SHARE = 0.005  # of a class that is named
# In inches: side of a picture, space about it, a line of text, and names of the rows.
SIDE, GAP, LINE, NAMES = 1.7, 0.06, 0.16, 0.95
PIXELS_PER_INCH = 120


@dataclasses.dataclass(frozen=True)
class Row:
    """Pictures side by side.

    Args:
        name: what they are.
        pictures: arrays (height, width, channels) in 0..255, of any sizes.
        texts: lines below each picture, or () for none.
    """

    name: str
    pictures: list
    texts: tuple = ()


def sheet(examples, recipe, class_names, count):
    """Draws what a recipe makes of the first training images of a run.

    All comes from the batches of training: the images as they are, several augmented
    versions of each, and for a recipe that mixes, mixtures. Each picture has draws of
    its own, also where the recipe has one for a group. The last row mixes the next
    images of the run.

    Args:
        examples: see `bit_keras.data.examples`.
        recipe: `Recipe`.
        class_names: in label order; () of images without labels.
        count: number of images, at least 1.

    Returns:
        PNG bytes.

    Raises:
        InputError: if the recipe does not fit the examples.
    """
    rows = list(rows_of(examples, recipe, class_names, count))
    return _drawn(rows, f"{recipe.name}\n{' '.join(_fields(recipe))}")


def rows_of(examples, recipe, class_names, count):
    """Yields the `Row`s of a sheet; for the arguments see `sheet`."""
    # The order of a run depends neither on what is mixed nor on the number of views.
    one_batch = dataclasses.replace(
        recipe,
        batch_size=count,
        steps=1,
        mix_group=0,
        micro_batch=0,
        random_group=1,
        repeats=1,
        class_weights=(),
    )
    plain = dataclasses.replace(
        one_batch, mixup_alpha=0.0, cutmix_alpha=0.0, views=AUGMENTED_ROWS
    )
    classes = len(class_names) or None
    images, *labels = next(iter(training_batches(examples, plain, classes)))
    originals = examples.in_order(plain, 0, Share(), lambda k, image, *label: image)
    texts = _texts(labels, class_names)
    yield Row("as it is", [image.numpy() for image in originals], texts)
    for view in range(AUGMENTED_ROWS):
        yield Row("augmented", list(images[:, view].numpy()))
    if recipe.mixes:
        mixing = dataclasses.replace(one_batch, steps=2, mix_mode="elem")
        batches = training_batches(examples, mixing, classes)
        names = ("mixed", "the next,\nmixed")
        for name, (images, *labels) in zip(names, batches, strict=True):
            yield Row(name, list(images.numpy()), _texts(labels, class_names))


def _texts(labels, class_names):
    """Gives lines of text for each row of none or one array (images, classes)."""
    return tuple(told(row, class_names) for rows in labels for row in rows.numpy())


def told(shares, class_names):
    """Names the classes of one image in lines, the largest first.

    Args:
        shares: array (classes,) in 0..1, which are told where they are not 1.
        class_names: in label order.
    """
    order = [i for i in np.argsort(-shares, kind="stable") if shares[i] > LEAST_SHARE]
    lines = [
        drawable(class_names[i], i)
        + (f": {100 * shares[i]:.0f} %" if shares[i] < 1 - LEAST_SHARE else "")
        for i in order
    ]
    if len(lines) > MOST_LINES:
        lines[MOST_LINES - 1 :] = [f"and {len(lines) - MOST_LINES + 1} more"]
    return lines


def _fields(recipe):
    """Gives what the recipe says on its pictures, as it is written after --set."""
    texts = recipe.as_texts()
    for field in dataclasses.fields(recipe):
        by_default = getattr(recipe, field.name) == field.default
        shown = field.metadata["shown"] or not by_default
        if field.name in ("resize", "crop") or (
            field.metadata["group"] == "augmentation" and shown
        ):
            yield f"{field.name}={texts[field.name]}"


def _drawn(rows, title):
    columns = max(len(row.pictures) for row in rows)
    lines = [max(map(len, row.texts), default=0) for row in rows]
    heights = [SIDE + GAP + LINE * number for number in lines]
    width, height = NAMES + columns * (SIDE + GAP), sum(heights)
    figure = Figure(figsize=(width, height), dpi=PIXELS_PER_INCH)
    style = {"color": INK, "family": fonts(), "parse_math": False}
    figure.text(0, 1 + GAP / height, title, size=11, **style)
    top = height
    for row, taken in zip(rows, heights, strict=True):
        middle = (top - SIDE / 2) / height
        figure.text(0, middle, row.name, size=10, va="center", **style)
        for number, picture in enumerate(row.pictures):
            left = NAMES + number * (SIDE + GAP)
            place = (left / width, (top - SIDE) / height, SIDE / width, SIDE / height)
            axes = figure.add_axes(place)
            axes.imshow(_fitting(picture))
            axes.set_axis_off()
            if row.texts:
                text = "\n".join(row.texts[number])
                at = ((left + SIDE / 2) / width, (top - SIDE - GAP / 2) / height)
                figure.text(*at, text, size=7, ha="center", va="top", **style)
        top -= taken
    return png(figure)


def _fitting(picture):
    """Gives a picture as RGB in as many pixels as it is drawn with at most."""
    shown = Image.fromarray(as_rgb(picture))
    side = round(SIDE * PIXELS_PER_INCH)
    times = side / max(shown.size)
    size = [max(1, round(length * times)) for length in shown.size]
    kind = Image.Resampling.NEAREST if times > 1 else Image.Resampling.LANCZOS
    return np.asarray(shown.resize(size, kind))
