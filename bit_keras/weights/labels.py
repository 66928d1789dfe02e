"""The words for the classes of networks that were trained on ImageNet."""

import functools
import pathlib

LABEL_FILES = {1000: "imagenet_1k.txt", 21843: "imagenet_21k.txt"}


@functools.cache
def class_names(num_classes):
    """Gives the class names of the ImageNet with so many classes, in label order.

    Args:
        num_classes: 1000 (ILSVRC-2012) or 21843 (ImageNet-21k).

    Returns:
        Tuple of unique texts, None for any other number of classes. The names are
        lemmas of WordNet 3.0 in the order of WordNet ids, the order of the labels.

    >>> class_names(1000)[207]
    'golden retriever'
    """
    if num_classes not in LABEL_FILES:
        return None
    folder = pathlib.Path(__file__).with_name("labels")
    text = (folder / LABEL_FILES[num_classes]).read_text(encoding="utf-8")
    return tuple(line for line in text.splitlines() if not line.startswith("#"))
