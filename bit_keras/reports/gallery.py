"""The gallery of `predict`: one HTML file with the photographs by predicted class."""

import collections

from bit_keras import files
from bit_keras.data.photos import thumbnails
from bit_keras.reports.page import MOST_BAD_IMAGES, data_uri, template

MOST_PICTURES = 600
LARGEST_PICTURE = 192  # pixels


def write_gallery(path, *, title, groups, several=False, bad_images=()):
    """Writes a self-contained HTML page of photographs, a part for each class.

    Of more than `MOST_PICTURES` the first of every class are shown, of each class as
    many as there is room for.

    Args:
        path: file to write; its folder must exist.
        title: str, the page's heading.
        groups: {class: [(file, [(class, probability), …]), …]}, of each class those
            first that are to be seen first; None is the key of those without a class.
        several: whether a photograph may have several classes, and stand in each.
        bad_images: sequence of (file, reason) of the photographs that were left out.
    """
    places = sorted(
        (rank, number)
        for number, rows in enumerate(groups.values())
        for rank in range(len(rows))
    )
    room = collections.Counter(number for _, number in places[:MOST_PICTURES])
    parts = [
        {"name": name, "count": len(rows), "rows": rows[: room[number]]}
        for number, (name, rows) in enumerate(groups.items())
    ]
    shown = dict.fromkeys(file for part in parts for file, _ in part["rows"])
    pictures = {
        file: {"source": data_uri(jpeg, "jpeg"), "width": width, "height": height}
        for file, jpeg, width, height in thumbnails(list(shown), LARGEST_PICTURE)
    }
    page = template("gallery.html").render(
        title=title,
        parts=parts,
        pictures=pictures,
        several=several,
        count=len({file for rows in groups.values() for file, _ in rows}),
        entries=len(places),
        shown=min(len(places), MOST_PICTURES),
        bad_images=bad_images[:MOST_BAD_IMAGES],
        bad_image_count=len(bad_images),
    )
    # A file name that is not valid Unicode must not cost the user the gallery.
    files.write(path, page.encode("utf-8", "replace"))
