"""Names of files that are the same on every machine."""

import os
import unicodedata
from pathlib import Path


def one_form(name):
    """Gives a name in the composed Unicode form: file systems hand out either."""
    return unicodedata.normalize("NFC", name)


def path_below(path, root):
    """Gives the path of a file below a folder with slashes, in one Unicode form.

    Args:
        path: of the file.
        root: of the folder; "" keeps the whole path.
    """
    below = os.path.relpath(path, root) if root else path
    return one_form(Path(below).as_posix())


def root_of(folder, paths):
    """Gives the folder that all files lie below: `folder` if possible.

    "" where they have none in common, as on several drives.
    """
    folder = os.path.abspath(folder)
    paths = [os.path.abspath(path) for path in paths]
    if all(path.startswith(os.path.join(folder, "")) for path in paths):
        return folder
    try:
        return os.path.commonpath([os.path.dirname(path) for path in paths])
    except ValueError:
        return ""
