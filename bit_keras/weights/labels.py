"""The words for the classes of networks that were trained on ImageNet."""

import functools
import pathlib

LISTS = {1000: "imagenet_1k", 21843: "imagenet_21k"}


def class_names(num_classes):
    """Gives the class names of the ImageNet with so many classes, in label order.

    Args:
        num_classes: 1000 (ILSVRC-2012) or 21843 (ImageNet-21k).

    Returns:
        Tuple of unique texts, None for any other number of classes.

    >>> class_names(1000)[207]
    'golden retriever'
    """
    return words(LISTS.get(num_classes))


@functools.cache
def words(name):
    """Gives a list of class names: "imagenet_1k" or "imagenet_21k", None for None.

    Returns:
        Tuple of unique texts: lemmas of WordNet 3.0 in the order of WordNet ids, the
        order of the labels.
    """
    if name is None:
        return None
    path = pathlib.Path(__file__).with_name("labels") / f"{name}.txt"
    text = path.read_text(encoding="utf-8")
    return tuple(line for line in text.splitlines() if not line.startswith("#"))
