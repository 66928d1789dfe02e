"""What lies below a folder: the images, and what is none of the user's data."""

import dataclasses
import os
from pathlib import Path

from bit_keras.errors import InputError
from bit_keras.files import PARTIAL
from bit_keras.sorting import SORTED

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
# Files by which a folder is known that a command wrote.
OUTPUTS = (
    {"run.json"},
    {"summary.json", "confusion_matrix.png"},
    {"saved_model.pb"},
    {SORTED},
)


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
        inner = path / entry.name
        try:
            is_folder = entry.is_dir()
        except OSError:
            passed.append((inner, "this link leads to itself"))
            continue
        if not is_folder:
            if entry.name[0] == "." or not is_image(entry.name):
                continue
            # A link to nothing is listed, too: to be named, not to vanish.
            if entry.is_file() or not inner.exists():
                images.append(inner)
            else:
                passed.append((inner, "it is a pipe or a device"))
        elif entry.name[0] == ".":
            continue
        elif reason := _why_no_data(inner, above):
            passed.append((inner, reason))
        else:
            folders.append(_read(inner, is_image, above))
    for folder in [folder for folder in folders if _holds_outputs_alone(folder)]:
        folders.remove(folder)
        passed.append((folder.path, WRITTEN))
    return Folder(path, tuple(images), tuple(folders), tuple(passed))


def _why_no_data(path, above):
    """Says why a folder is passed over; "" where it is not."""
    if path.name[0] == "@" or path.name.lower() in NEVER_DATA:
        return "it is the system's"
    if path.is_symlink() and path.resolve() in above:
        return "this link leads back up"
    names = set(os.listdir(path))
    begun = names and all(n == ".lock" or n.startswith(PARTIAL) for n in names)
    if begun or any(output <= names for output in OUTPUTS):
        return WRITTEN
    return ""


def _holds_outputs_alone(folder):
    inner = folder.all_passed_over()
    return any(reason == WRITTEN for _, reason in inner) and not (folder.all_images())
