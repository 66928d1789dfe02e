"""Which folders of a tree are classes, which are splits, and which are neither."""

import dataclasses
import re

from bit_keras.errors import InputError

# What the folder of a split, or a CSV's split, is called.
SPLITS = {
    "train": ("train", "training"),
    "test": ("test", "testing", "holdout"),
    "val": ("val", "valid", "validation", "validate", "dev", "eval", "evaluation"),
}
# What may stand beside it, as in training_set, train_images, test2017.
FILLERS = {"set", "sets", "data", "dataset", "split", "folder", "files"}
FILLERS |= {"image", "images", "img", "imgs", "photos", "pictures", "pics", "samples"}
# What such folders may stand beside that holds pictures, too, but no photographs.
DRAWN = {"annotations", "annotation", "masks", "mask", "labels", "trimaps"}
DRAWN |= {"segmentation", "segmentations", "groundtruth", "ground_truth"}
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


def split_of(name):
    """Gives the split that a name stands for by itself, None where it does not.

    >>> split_of("Training_Set"), split_of("hold-out"), split_of("seg_train")
    ('train', 'test', None)
    """
    split, rest = _taken_apart(name)
    return split if set(rest) <= FILLERS else None


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
    others = [folder for folder in filled if folder.path.name not in splits]
    found = _one_each(tree, filled, splits)
    labelled = {s: folder for s, folder in found.items() if _filled(folder)}
    if not labelled and others and {name.lower() for name in splits} == {"train"}:
        return Layout({"train": tree}, _loose(tree))  # a class of vehicles
    flat = [folder for split, folder in found.items() if split not in labelled]
    if "train" in labelled or (testing and labelled):
        if others and len(labelled) == 1:
            raise _doubtful(tree, found.values(), others)
        empty = [
            f for f in tree.folders if f not in filled and _taken_apart(f.path.name)[0]
        ]
        notes = [
            *(note for f in (tree, *labelled.values()) for note in _loose(f)),
            *(_passed(f, "its images lie in no class folders") for f in flat),
            *(_passed(f, "it is neither train, test nor val") for f in others),
            *(f"'{f.path}' is passed over: it holds no images." for f in empty),
        ]
        return Layout(labelled, tuple(notes))
    if others:
        raise _doubtful(tree, found.values(), others)
    if flat:
        raise InputError(
            f"The images of '{flat[0].path}' lie in no class folders, so they have no "
            "labels: put them into one sub-folder per class, such as "
            f"'{flat[0].path / 'cat'}', or list them in a CSV of path,label,split."
        )
    raise InputError(
        f"'{tree.path}' has {_listed(found.values())} but no train/ to learn from; "
        "rename one of them to train, or add it."
    )


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


def _taken_apart(name):
    """Gives the split that a word of a name stands for, None for none, and the rest."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    words = re.sub(r"hold[ _-]?out", "holdout", words, flags=re.IGNORECASE).lower()
    words = re.findall(r"[^\W\d_]+", words)
    known = {word: split for split, names in SPLITS.items() for word in names}
    known |= {f"{word}set": split for word, split in known.items()}
    found = [word for word in words if word in known]
    if len(found) != 1 or found[0] not in (words[0], words[-1]):
        return None, words
    return known[found[0]], [word for word in words if word != found[0]]


def _splits(folders):
    """Gives name of a folder -> split.

    Words that say nothing by themselves, as in seg_train, must stand beside several
    splits: steam_train may be a class.
    """
    taken = {folder.path.name: _taken_apart(folder.path.name) for folder in folders}
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


def _classes(tree, filled, testing):
    if not tree.images and len(filled) == 1:
        inner = filled[0]
        several = len(inner.folders) > 1 or any(map(_filled, inner.folders))
        if several and not inner.images:
            layout = arrange(inner, testing)
            notes = [f"The data set is what '{inner.path}' holds."]
            others = [folder for folder in tree.folders if folder is not inner]
            if others:
                notes += [f"Passed over, without images: {_listed(others)}."]
            return Layout(layout.folders, (*notes, *layout.notes))
    for folder in filled:
        inside = _splits(_filled(folder))
        if len(set(inside.values())) > 1:
            raise InputError(
                f"The class folder '{folder.path}' holds the splits "
                f"{_listed(inside)}; it is the other way round: "
                f"'{tree.path / 'train' / folder.path.name}'. {ARRANGE}"
            )
    _require_one_grouping(tree, filled)
    names = {folder.path.name.lower() for folder in filled}
    if names & DRAWN and names & FILLERS:
        raise InputError(
            f"In '{tree.path}' it is doubtful what is a class: {_listed(filled)}. Name "
            "the one with the photographs, with one sub-folder per class in it. "
            f"{ARRANGE}"
        )
    return Layout({"train": tree}, _loose(tree))


def _require_one_grouping(tree, filled):
    """Raises `InputError` where all folders hold the same ones, and no images.

    Then it may be the inner ones that are the classes, of years or folds say.
    """
    inner = [{f.path.name for f in _filled(folder)} for folder in filled]
    common = sorted(set.intersection(*inner)) if inner else []
    if len(filled) < 2 or len(common) < 2 or any(f.images for f in filled):
        return
    raise InputError(
        f"In '{tree.path}' it is doubtful what is a class: each of "
        f"{_listed(filled)} holds {_listed(common)}. If those are the "
        "classes, merge the outer folders, or list the files in a CSV of "
        "path,label,split; else put all images directly into the outer ones."
    )


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


def _doubtful(tree, splits, others):
    return InputError(
        f"In '{tree.path}' it is doubtful what is a class: {_listed(splits)} beside "
        f"{_listed(others)}. {ARRANGE}"
    )


def _listed(folders):
    """Lists the first five names of folders."""
    names = [getattr(folder, "path", folder) for folder in folders]
    names = [f"{getattr(name, 'name', name)}/" for name in names]
    return ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
