"""The report of a run: one HTML file that needs no network, no script and no server."""

import io

from PIL import Image

from bit_keras import files
from bit_keras.evaluation.figures import FIGURES, written
from bit_keras.evaluation.tables import worst_first
from bit_keras.reports.figures import confusion_matrix_figure, curves_figure
from bit_keras.reports.page import MOST_BAD_IMAGES, data_uri, template

LARGEST_PICTURE = 192


def write_run_report(
    path,
    *,
    title,
    facts,
    summary,
    log_rows,
    recipe,
    mistakes,
    evaluations=(),
    bad_images=(),
):
    """Writes a self-contained HTML page about one run.

    Args:
        path: file to write; its folder must exist.
        title: str, the page's heading.
        facts: dict of str to str, shown in its order: dataset, network, time and so on.
        summary: what `evaluation.summaries.summarize` gave for the test split.
        log_rows, evaluations: for `figures.curves_figure`; may be empty.
        recipe: dict of field name to plain value.
        mistakes: list of dicts with `image`, a uint8 array (height, width, 3), `label`
            and `predicted`, class names, and `probability` in 0..1; there may be an
            `overlay` like `image`, of the heat map, and its `largest` logit.
        bad_images: sequence of (file, reason) pairs of the images that were left out.
    """
    per_class = [
        {"number": number, **row} for number, row in enumerate(summary["per_class"])
    ]
    confusion = summary["confusion"]
    if confusion is not None:
        names = [row["name"] for row in per_class]
        confusion = data_uri(confusion_matrix_figure(confusion, names), "png")
    page = template("run_report.html").render(
        title=title,
        facts=facts,
        summary=summary,
        figures={
            name: text
            for name, text in written(summary).items()
            if name != FIGURES["loss"]
        },
        several_labels="mean_average_precision" in summary,
        curves=_curves(log_rows, evaluations),
        evaluated=bool(evaluations),
        confusion=confusion,
        mistakes=[_with_addresses(mistake) for mistake in mistakes],
        per_class=worst_first(per_class),
        recipe=recipe,
        bad_images=bad_images[:MOST_BAD_IMAGES],
        bad_image_count=len(bad_images),
    )
    # A file name that is not valid Unicode must not cost the user the report.
    files.write(path, page.encode("utf-8", "replace"))


def _curves(log_rows, evaluations):
    if not log_rows:
        return None
    return data_uri(curves_figure(log_rows, evaluations), "png")


def _with_addresses(mistake):
    told = {**mistake, **_picture(mistake["image"])}
    if "overlay" in mistake:
        told["overlay"] = _picture(mistake["overlay"])
    return told


def _picture(image):
    """Gives a picture's address and its (width, height), scaled down to fit."""
    picture = Image.fromarray(image)
    picture.thumbnail((LARGEST_PICTURE, LARGEST_PICTURE))
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=88)
    width, height = picture.size
    return {
        "source": data_uri(buffer.getvalue(), "jpeg"),
        "width": width,
        "height": height,
    }
