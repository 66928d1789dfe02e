"""A page of photographs by the class that a network gave them."""

import collections

from bit_keras.data.photos import thumbnails
from bit_keras.reports.pages import LARGEST_PICTURE, picture, write_page

MOST_PHOTOS = 1_000


def write_gallery(path, rows, unread):
    """Writes a self-contained HTML page: a part per class, the least certain first.

    Args:
        path: file to write; its folder must exist.
        rows: list of (path of an image file, [(class, probability in 0..1), …]), the
            most probable class first. Of over 1,000, the least certain are shown.
        unread: list of (path, reason) of the files that could not be read.

    Raises:
        InputError: if the file cannot be written.
    """
    shown = sorted(rows, key=lambda row: row[1][0][1])[:MOST_PHOTOS]
    counts = collections.Counter(answers[0][0] for _, answers in rows)
    classes = collections.defaultdict(list)
    for position, image in thumbnails([photo for photo, _ in shown], LARGEST_PICTURE):
        photo, answers = shown[position]
        card = {"path": str(photo), "answers": answers[:3], **picture(image)}
        classes[answers[0][0]].append(card)
    write_page(
        path,
        "gallery.html",
        title=f"{len(rows):,} photographs",
        shown=len(shown),
        count=len(rows),
        classes=dict(sorted(classes.items())),
        counts=counts,
        unread=unread,
    )
