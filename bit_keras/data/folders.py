"""Data sets in folders of image files: one folder per class."""

import itertools

from bit_keras.data.check import find_images
from bit_keras.data.image_files import (
    SPLITS,
    checked,
    labels_of,
    require_same_classes,
)
from bit_keras.errors import InputError


def open_folder(folder, bad_images, labelled=True, testing=False):
    """Reads a folder of class folders, or of train/ and test/ or val/ with those.

    Without labels, images may lie anywhere below the folder, or below train/, test/ and
    val/ if it has no other folders. For testing, train/ may be missing, and classes may
    be missing in any split.

    Raises:
        InputError: if classes are empty, all bad, or differ between the splits.
    """
    folders = _split_folders(folder, labelled, testing)
    name = folder.resolve().name
    if not labelled:
        rows = {split: _any_files(root) for split, root in folders.items()}
        return checked(name, folder, rows, None, bad_images)
    rows = {split: _class_files(root) for split, root in folders.items()}
    if testing:
        class_names = sorted(labels_of(itertools.chain(*rows.values())))
        return checked(name, folder, rows, class_names, bad_images)
    class_names = sorted(labels_of(rows["train"]))
    for split in rows:
        require_same_classes(folder, class_names, split, rows[split])
    return checked(name, folder, rows, class_names, bad_images)


def _split_folders(folder, labelled, testing):
    """Gives split -> its folder; the whole is for training where there are none."""
    inner = {path.name for path in _class_folders(folder)}
    only_splits = inner <= {name for names in SPLITS.values() for name in names}
    found = {
        split: folder / name
        for split, names in SPLITS.items()
        for name in reversed(names)
        # Else it may be a class called "train".
        if _class_folders(folder / name)
        or (not labelled and only_splits and name in inner)
    }
    # What has other folders beside a test/ may be a class of that name.
    if "train" in found or (testing and only_splits and found):
        return found
    return {"train": folder}


def _class_folders(root):
    if not root.is_dir():
        return []
    return sorted(p for p in root.iterdir() if p.is_dir() and p.name[0] != ".")


def _class_files(root):
    """Gives (path, (class,)) of every image below the class folders of `root`."""
    class_folders = _class_folders(root)
    if not class_folders:
        loose = len(find_images(root))
        raise InputError(
            f"The folder '{root}' has no sub-folders; images belong into one "
            f"sub-folder per class ({loose} lie there without one)."
        )
    rows = []
    for class_folder in class_folders:
        files = find_images(class_folder)
        if not files:
            raise InputError(
                f"The class folder '{class_folder}' holds no images; remove it or fill "
                "it."
            )
        rows.extend((file, (class_folder.name,)) for file in files)
    return rows


def _any_files(root):
    """Gives (path, ()) of every image below `root`."""
    files = find_images(root)
    if not files:
        raise InputError(f"The folder '{root}' holds no images.")
    return [(file, ()) for file in files]
