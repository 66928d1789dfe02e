"""Which folders of a tree are classes, which are splits, and which are neither."""

import dataclasses

from bit_keras.data.folder_names import FILLERS, MARKS, SPLITS, is_called, taken_apart
from bit_keras.errors import InputError

ARRANGE = (
    "Put the class folders into train/ and test/ (then train/ may hold a class of any "
    "name), or list the files in a CSV of path,label,split."
)


@dataclasses.dataclass(frozen=True)
class Layout:
    """What was decided of a tree.

    Args:
        folders: split -> the `tree.Folder` that holds its class folders.
        notes: sentences on what is passed over.
    """

    folders: dict
    notes: tuple[str, ...] = ()


def arrange(tree, testing=False):
    """Decides which folders of a tree are classes and which are splits.

    Args:
        tree: `tree.Folder`.
        testing: whether a tree without training images will do.

    Returns:
        `Layout`. A folder of class folders alone is all for training.

    Raises:
        InputError: if it is doubtful, and how to arrange it.
    """
    filled = _filled(tree)
    splits = _splits(filled)
    if not splits:
        return _classes(tree, filled, testing)
    found = _one_each(tree, filled, splits)
    others = [folder for folder in filled if folder.path.name not in splits]
    labelled = {s: folder for s, folder in found.items() if _filled(folder)}
    if not labelled and others and {name.lower() for name in splits} == {"train"}:
        return Layout({"train": tree}, _loose(tree))  # a class of vehicles
    usable = "train" in labelled or (testing and labelled)
    if others and (len(labelled) == 1 or not usable):
        raise _beside(tree, found.values(), others)
    if not usable:
        raise _nothing_to_learn(tree, found, labelled)
    notes = [
        *(note for f in (tree, *labelled.values()) for note in _loose(f)),
        *(
            _passed(folder, "its images lie in no class folders")
            for split, folder in found.items()
            if split not in labelled
        ),
        *(_passed(f, "it is neither train, test nor val") for f in others),
        *(_empty(f) for f in tree.folders if taken_apart(f.path.name)[0]),
    ]
    return Layout(labelled, tuple(filter(None, notes)))


def arrange_unlabelled(tree):
    """Decides which folders of a tree without labels are splits.

    They are where there are no other folders; else all is for training.
    """
    filled = _filled(tree)
    splits = _splits(filled)
    if "train" in splits.values() and len(splits) == len(filled) and not tree.images:
        return Layout(_one_each(tree, filled, splits))
    return Layout({"train": tree})


def _filled(folder):
    return [inner for inner in folder.folders if inner.all_images()]


def _splits(folders):
    """Gives name of a folder -> split.

    Words that say nothing by themselves, as in seg_train, must stand beside several
    splits: steam_train may be a class.
    """
    taken = {folder.path.name: taken_apart(folder.path.name) for folder in folders}
    taken = {name: pair for name, pair in taken.items() if pair[0]}
    beside = {}
    for split, rest in taken.values():
        beside.setdefault(tuple(rest), set()).add(split)
    return {
        name: split
        for name, (split, rest) in taken.items()
        if set(rest) <= FILLERS or len(beside[tuple(rest)]) > 1
    }


def _one_each(tree, folders, splits):
    """Gives split -> the folder that holds what is in it."""
    found = {}
    for folder in folders:
        split = splits.get(folder.path.name)
        if split in found:
            raise InputError(
                f"'{tree.path}' has two folders for {split}: "
                f"{_listed([found[split], folder])}; merge them, or move one away."
            )
        if split:
            found[split] = folder
    order = [split for split in SPLITS if split in found]
    return {split: _unwrapped(found[split]) for split in order}


def _unwrapped(folder):
    """Goes down where a folder holds nothing but one folder with folders."""
    filled = _filled(folder)
    if folder.images or len(filled) != 1:
        return folder
    same = filled[0].path.name == folder.path.name
    return filled[0] if same and _filled(filled[0]) else folder


def _nothing_to_learn(tree, found, labelled):
    flat = [folder for split, folder in found.items() if split not in labelled]
    if flat:
        return InputError(
            f"The images of '{flat[0].path}' lie in no class folders, so they have no "
            "labels: put them into one sub-folder per class, such as "
            f"'{flat[0].path / 'cat'}', or list them in a CSV of path,label,split."
        )
    return InputError(
        f"'{tree.path}' has {_listed(found.values())} but no train/ to learn from; "
        "rename one of them to train, or add it."
    )


def _classes(tree, filled, testing):
    """Takes the folders of a tree as classes, or those that one of them holds."""
    photos = [f for f in filled if is_called(f.path.name, FILLERS)]
    marks = [f for f in tree.folders if is_called(f.path.name, MARKS)]
    if inner := _data_set_inside(tree, filled, photos, marks):
        layout = arrange(inner, testing)
        notes = (
            f"The data set is what '{inner.path}' holds.",
            *(
                _empty(folder) or _passed(folder, "it marks images")
                for folder in tree.folders
                if folder is not inner
            ),
        )
        return Layout(layout.folders, (*notes, *layout.notes))
    if photos and marks:
        raise _beside(tree, photos, marks)
    _require_not_inside_out(tree, filled)
    return Layout({"train": tree}, _loose(tree))


def _data_set_inside(tree, filled, photos, marks):
    """Gives the one folder whose folders are the classes or splits, None for none."""
    held = [folder for folder in filled if not (photos and folder in marks)]
    if tree.images or len(held) != 1 or held[0].images:
        return None
    inner = held[0]
    several = len(inner.folders) > 1 or any(map(_filled, inner.folders))
    # What stands beside it may be a class that is still empty.
    alone = all(folder is inner or folder in marks for folder in tree.folders)
    return inner if several and (alone or inner in photos) else None


def _require_not_inside_out(tree, filled):
    """Raises `InputError` where classes seem to lie in folders that divide them."""
    for folder in filled:
        inside = _splits(_filled(folder))
        if len(set(inside.values())) > 1:
            raise InputError(
                f"'{folder.path}' holds the splits {_listed(inside)}; if it is a "
                "class, it is the other way round: "
                f"'{tree.path / 'train' / folder.path.name}'. {ARRANGE}"
            )
    inside = [{inner.path.name for inner in _filled(folder)} for folder in filled]
    alike = set.intersection(*inside) if len(inside) > 1 else set()
    if len(alike) > 1 and not any(folder.images for folder in filled):
        within = f"{_listed(sorted(alike))} in each of {_listed(filled)}"
        raise _doubtful(tree, within)


def _loose(tree):
    if not tree.images or not tree.folders:
        return ()
    return (
        f"{len(tree.images):,} images lie directly in '{tree.path}', in no class "
        f"folder, and are passed over: '{tree.images[0].name}', …",
    )


def _passed(folder, reason):
    count = len(folder.all_images())
    return f"'{folder.path}' ({count:,} images) is passed over: {reason}."


def _empty(folder):
    """Gives a sentence on a folder without images, "" on another."""
    if folder.all_images():
        return ""
    return f"'{folder.path}' is passed over: it holds no images."


def _beside(tree, folders, others):
    return _doubtful(tree, f"{_listed(folders)} beside {_listed(others)}")


def _doubtful(tree, folders):
    return InputError(
        f"In '{tree.path}' it is doubtful what is a class: {folders}. {ARRANGE}"
    )


def _listed(folders):
    """Lists the first five names of folders."""
    names = [getattr(folder, "path", folder) for folder in folders]
    names = [f"{getattr(name, 'name', name)}/" for name in names]
    return ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
