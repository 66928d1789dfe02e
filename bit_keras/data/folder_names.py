"""What the name of a folder says: that it is a split, holds images, or marks them."""

import re

# What the folder of a split, or a CSV's split, is called.
SPLITS = {
    "train": ("train", "training"),
    "test": ("test", "testing", "holdout"),
    "val": ("val", "valid", "validation", "validate", "dev", "eval", "evaluation"),
}
# What may stand beside it, as in training_set, train_images, test2017.
FILLERS = {"set", "sets", "data", "dataset", "split", "folder", "files"}
FILLERS |= {"image", "images", "img", "imgs", "photos", "pictures", "pics", "samples"}
# What a folder beside that of the images is called when it marks what is on them.
MARKS = {"annotation", "annotations", "label", "labels", "mask", "masks"}
MARKS |= {"trimap", "trimaps", "segmentation", "segmentations"}


def split_of(name):
    """Gives the split that a name stands for by itself, None where it does not.

    >>> split_of("Training_Set"), split_of("hold-out"), split_of("seg_train")
    ('train', 'test', None)
    """
    split, rest = taken_apart(name)
    return split if set(rest) <= FILLERS else None


def is_called(name, words):
    """Says whether a name is made of such words alone, and stands for no split."""
    split, rest = taken_apart(name)
    return not split and bool(rest) and set(rest) <= words


def taken_apart(name):
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
