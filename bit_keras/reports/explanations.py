"""Pages of what a network looked at: in photographs, and in the images of a class."""

import io
from pathlib import Path

import numpy as np
from matplotlib import colormaps
from PIL import Image

from bit_keras import files
from bit_keras.analysis.attended import Attended
from bit_keras.analysis.evidence import AREAS, BOUNDS
from bit_keras.reports.attention import attention_figure, insides_figure
from bit_keras.reports.heat_maps import COLOURS, heat_map_figure, largest_of
from bit_keras.reports.page import data_uri, template

PHOTOS_PAGE = "explanations.html"
NETWORK_PICTURE = "network.png"
MOST_PICTURES = 300  # on a page; each takes about 40 KB
MEAN_MAP = 240  # pixels


def write_pictures(folder, explanations):
    """Writes a PNG for each photograph.

    Args:
        folder: path, which must exist.
        explanations: iterable of `bit_keras.analysis.photographs.Explanation`, or of
            `bit_keras.analysis.attended.Attended`.

    Returns:
        (read, shown): list of the paths of all photographs, and of the first a list of
        dicts for `write_photos_page`.
    """
    read, shown, taken = [], [], {NETWORK_PICTURE}
    for each in explanations:
        png = _drawn(each)
        name = _free_name(each.path, taken)
        files.write(Path(folder) / name, png)
        read.append(each.path)
        if len(shown) < MOST_PICTURES:
            shown.append({**_told(each), "file": name, **_as_jpeg(png)})
    return read, shown


def write_photos_page(folder, shown, count, insides=None):
    """Writes a self-contained page, and of a ViT a picture of the network.

    Args:
        folder: path, which must exist.
        shown: of `write_pictures`.
        count: of all photographs.
        insides: `bit_keras.analysis.attended.Insides` of the network, or None.
    """
    network = None
    if insides is not None:
        png = insides_figure(insides)
        files.write(Path(folder) / NETWORK_PICTURE, png)
        network = _as_jpeg(png)
    page = template("explanations.html").render(
        title="What the network looked at",
        photographs=shown,
        count=count,
        insides=insides,
        network=network,
        bad_images=(),
    )
    # A file name that is not valid Unicode must not cost the user the page.
    files.write(Path(folder) / PHOTOS_PAGE, page.encode("utf-8", "replace"))


def _drawn(each):
    if isinstance(each, Attended):
        return attention_figure(each.picture, each.attention, each.without_residual)
    return heat_map_figure(each.picture, each.heat_map, each.class_name, each.against)


def _free_name(path, taken):
    name, number = f"{path.stem}.png", 1
    while name.casefold() in taken:
        number += 1
        name = f"{path.stem}-{number}.png"
    taken.add(name.casefold())
    return name


def _told(each):
    attention = isinstance(each, Attended)
    return {
        "path": str(each.path),
        "class_name": each.class_name,
        "probability": each.probability,
        "attention": attention,
        "against": None if attention else each.against,
        "mean": None if attention else float(np.mean(each.heat_map)),
    }


def _as_jpeg(png):
    picture, buffer = Image.open(io.BytesIO(png)).convert("RGB"), io.BytesIO()
    picture.save(buffer, "JPEG", quality=85)
    source = data_uri(buffer.getvalue(), "jpeg")
    return {"source": source, "width": picture.width, "height": picture.height}


def write_evidence(path, *, title, classes):
    """Writes a self-contained page of where the evidence for each class lies.

    Args:
        path: file to write; its folder must exist.
        title: str, the page's heading.
        classes: list of `bit_keras.analysis.classes.Evidence`; conspicuous ones are
            shown first.
    """
    parts = [
        {
            "name": each.class_name,
            "images": each.images,
            "zones": each.zones,
            "sentence": each.finding and each.finding.sentence(each.class_name),
            "shares": None if each.shares is None else each.shares.tolist(),
            "mean_map": None if each.mean_map is None else _mean_map(each.mean_map),
        }
        for each in sorted(classes, key=lambda each: each.finding is None)
    ]
    page = template("evidence.html").render(
        title=title, parts=parts, areas=AREAS.tolist(), bad_images=()
    )
    files.write(path, page.encode("utf-8", "replace"))


def _mean_map(heat_map):
    """Gives the address of a map in colours with the regions' borders, and its ends."""
    largest = largest_of(heat_map)
    signed = Image.fromarray(np.asarray(heat_map, "float32") / (largest or 1))
    signed = signed.resize((MEAN_MAP, MEAN_MAP), Image.Resampling.NEAREST)
    colours = 255 * colormaps[COLOURS](0.5 + np.asarray(signed) / 2)[..., :3]
    for bound in BOUNDS[1:-1]:
        place = round(bound * MEAN_MAP)
        colours[place] = colours[:, place] = 90
    buffer = io.BytesIO()
    Image.fromarray(np.rint(colours).astype("uint8")).save(buffer, "PNG")
    source = data_uri(buffer.getvalue(), "png")
    return {"source": source, "size": MEAN_MAP, "largest": largest}
