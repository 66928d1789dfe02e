"""The report of a run that learned to guess patches out of its sight."""

import io

import numpy as np
from PIL import Image

from bit_keras import files
from bit_keras.reports.figures import curves_figure
from bit_keras.reports.page import data_uri, template

LEAST_SIDE = 96  # of a picture, in pixels


def write_masked_patches_report(
    path, *, title, facts, log_rows, evaluations, recipe, pictures
):
    """Writes a self-contained HTML page about one run.

    Args:
        path: file to write; its folder must exist.
        title: str, the page's heading.
        facts: dict of str to str, shown in its order.
        log_rows, evaluations: for `figures.curves_figure`; may be empty.
        recipe: dict of field name to plain value.
        pictures: three arrays (images, height, width, channels) in 0..255: images, the
            same with gray where patches are hidden, and with what is guessed there.
    """
    page = template("masked_patches.html").render(
        title=title,
        facts=facts,
        curves=log_rows and data_uri(curves_figure(log_rows, evaluations), "png"),
        evaluated=bool(evaluations),
        recipe=recipe,
        pictures=[_strip(*three) for three in zip(*pictures, strict=True)],
        bad_images=[],
    )
    files.write(path, page.encode("utf-8", "replace"))


def _strip(*images):
    """Gives the address of images side by side, and their (width, height)."""
    height, width, _ = images[-1].shape
    shown = [0, 1, 2] if images[0].shape[-1] > 2 else [0, 0, 0]
    strip = np.concatenate([x[:height, :width, shown] for x in images], axis=1)
    picture = Image.fromarray(np.clip(np.rint(strip), 0, 255).astype("uint8"))
    times = -(-LEAST_SIDE // height)
    picture = picture.resize(
        (times * 3 * width, times * height), Image.Resampling.NEAREST
    )
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=88)
    return {"source": data_uri(buffer.getvalue(), "jpeg"), "size": picture.size}
