"""What lies below a folder: the images, and what is none of the user's data."""

import dataclasses
import os
from pathlib import Path

from bit_keras.errors import InputError
from bit_keras.files import PARTIAL
from bit_keras.sorting import MARKER

# Folders that systems and programs make; those that begin with one of "." and "@", too.
NEVER_DATA = {
    "__macosx",
    "__pycache__",
    "#recycle",
    "#snapshot",
    "$recycle.bin",
    "lost+found",
    "system volume information",
}
WRITTEN = "a command wrote it"
SORTED = f"photographs were sorted into it; remove '{MARKER}' there if it is to be data"
# Files by which a folder is known that a command wrote.
OUTPUTS = (
    {"run.json", "recipe.json"},
    {"summary.json", "confusion_matrix.png"},
    {"saved_model.pb"},
)
# Each alone may as well be the user's, but not in a folder without images.
BEGUN = {"run.json", "recipe.json", "summary.json"}


@dataclasses.dataclass(frozen=True)
class Folder:
    """A folder and all that lies below it.

    Args:
        path: `pathlib.Path`, beginning as the user named it.
        images: paths of the images directly in it, sorted.
        folders: `Folder`s directly in it, sorted by path.
        passed_over: pairs (path, reason) of what in it is no data.
    """

    path: Path
    images: tuple[Path, ...] = ()
    folders: tuple["Folder", ...] = ()
    passed_over: tuple[tuple[Path, str], ...] = ()

    def all_images(self):
        """Lists the images of all depths, sorted."""
        return sorted(self._every("images"))

    def all_passed_over(self):
        """Lists the (path, reason) of all depths."""
        return list(self._every("passed_over"))

    def _every(self, name):
        yield from getattr(self, name)
        for folder in self.folders:
            yield from folder._every(name)


def read_tree(path, is_image):
    """Reads a folder with all that lies below it.

    Hidden files and folders, those that systems make, and what a command wrote are
    passed over. Linked folders are entered, except where a link leads back up.

    Args:
        path: of the folder.
        is_image: function from the name of a file to whether it is taken.

    Returns:
        `Folder`.

    Raises:
        InputError: if the folder, or one below it, cannot be listed.
    """
    try:
        return _read(Path(path), is_image, frozenset())
    except OSError as error:
        raise InputError(
            f"The folder '{error.filename}' cannot be listed: {error.strerror}."
        ) from error


def _read(path, is_image, above):
    above = above | {path.resolve(), *path.resolve().parents}
    images, folders, passed = [], [], []
    for entry in sorted(os.scandir(path), key=lambda entry: entry.name):
        if entry.name[0] == ".":
            continue
        inner = path / entry.name
        try:
            is_folder = entry.is_dir()
        except OSError as error:  # such as a link to itself
            passed.append((inner, f"it leads nowhere ({error.strerror})"))
            continue
        if is_folder:
            reason = _why_no_data(inner, above)
            folder = None if reason else _read(inner, is_image, above)
            if reason or _is_output(folder):
                passed.append((inner, reason or WRITTEN))
            else:
                folders.append(folder)
        elif is_image(entry.name):
            # A link to nothing is listed, too: to be named, not to vanish.
            if entry.is_file() or not inner.exists():
                images.append(inner)
            else:
                passed.append((inner, "it is a pipe or a device"))
    return Folder(path, tuple(images), tuple(folders), tuple(passed))


def _why_no_data(path, above):
    """Says why a folder is passed over; "" where it is not."""
    if path.name[0] == "@" or path.name.lower() in NEVER_DATA:
        return "it is the system's"
    if path.is_symlink() and path.resolve() in above:
        return "this link leads back up"
    names = set(os.listdir(path))
    if MARKER in names:
        return SORTED
    in_work = names and all(n == ".lock" or n.startswith(PARTIAL) for n in names)
    if in_work or any(output <= names for output in OUTPUTS):
        return WRITTEN
    return ""


def _is_output(folder):
    """Says whether a command wrote what is in a folder, or in those that it holds."""
    if folder.all_images():
        return False
    inner = any(reason in (WRITTEN, SORTED) for _, reason in folder.all_passed_over())
    return inner or not BEGUN.isdisjoint(os.listdir(folder.path))
