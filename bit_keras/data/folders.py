"""Data sets in folders of image files: one folder per class."""

import dataclasses
import itertools

from bit_keras.data.check import is_image_name
from bit_keras.data.image_files import checked, labels_of, require_same_classes
from bit_keras.data.layout import arrange, arrange_unlabelled
from bit_keras.data.paths import one_form
from bit_keras.data.repeats import contradictions
from bit_keras.data.tree import read_tree
from bit_keras.errors import InputError


def open_folder(folder, bad_images, labelled=True, testing=False):
    """Reads a folder of class folders, or of train/ and test/ or val/ with those.

    Without labels, images may lie anywhere below the folder, or below train/, test/ and
    val/ if it has no other folders. For testing, train/ may be missing, and classes may
    be missing in any split.

    Raises:
        InputError: if classes are empty, all bad, or differ between the splits, or if
            it is doubtful what is a class.
    """
    tree = read_tree(folder, is_image_name)
    passed = _passed_over(tree)
    try:
        return _read(folder, tree, passed, bad_images, labelled, testing)
    except InputError as error:
        # What was passed over may be what is missing.
        raise InputError(" ".join([str(error), *passed])) from error


def _read(folder, tree, passed, bad_images, labelled, testing):
    layout = arrange(tree, testing) if labelled else arrange_unlabelled(tree)
    if labelled:
        rows = {split: _class_files(root) for split, root in layout.folders.items()}
        listed = itertools.chain(*rows.values()) if testing else rows["train"]
        class_names = sorted(labels_of(listed))
        for split in () if testing else rows:
            require_same_classes(folder, class_names, split, rows[split])
    else:
        rows = {split: _any_files(root) for split, root in layout.folders.items()}
        class_names = None
    data = checked(folder.resolve().name, folder, rows, class_names, bad_images)
    return dataclasses.replace(
        data, notes=(*layout.notes, *passed, *contradictions(folder, rows))
    )


def _passed_over(tree):
    """Gives a sentence on each of the first folders that are no data."""
    passed = tree.all_passed_over()
    notes = [f"'{path}' is passed over: {reason}." for path, reason in passed[:5]]
    return [*notes, *[f"So are {len(passed) - 5} more folders."] * (len(passed) > 5)]


def _class_files(root):
    """Gives (path, (class,)) of every image below the class folders of a `Folder`."""
    if not root.folders:
        raise InputError(
            f"The folder '{root.path}' has no sub-folders; images belong into one "
            f"sub-folder per class ({len(root.images)} lie there without one)."
        )
    rows = []
    for class_folder in root.folders:
        files = class_folder.all_images()
        if not files:
            raise InputError(
                f"The class folder '{class_folder.path}' holds no images; remove it or "
                "fill it."
            )
        rows.extend((file, (one_form(class_folder.path.name),)) for file in files)
    return rows


def _any_files(root):
    """Gives (path, ()) of every image below a `Folder`."""
    files = root.all_images()
    if not files:
        raise InputError(f"The folder '{root.path}' holds no images.")
    return [(file, ()) for file in files]
