"""Every public BiT file by its name: where it is and what it holds.

Names, addresses and class counts follow the README and the code of
https://github.com/google-research/big_transfer, and the distillation
configurations of https://github.com/google-research/big_vision.
"""

import dataclasses
import functools

from bit_keras.errors import InputError, suggestion

BASE_URL = "https://storage.googleapis.com/bit_models/"
SIZES = ("50x1", "50x3", "101x1", "101x3", "152x2", "152x4")
VTAB_SIZES = ("50x1", "50x3", "101x1", "101x3", "152x4")
VTAB_CLASSES = {
    "caltech101": 102,
    "cifar100": 100,
    "clevr-count": 8,
    "clevr-distance": 6,
    "diabetic_retinopathy": 5,
    "dmlab": 6,
    "dsprites-orientation": 16,
    "dsprites-xpos": 16,
    "dtd": 47,
    "eurosat": 10,
    "kitti-distance": 4,
    "oxford_flowers102": 102,
    "oxford_iiit_pet": 37,
    "patch_camelyon": 2,
    "resisc45": 45,
    "smallnorb-azimuth": 18,
    "smallnorb-elevation": 9,
    "sun397": 397,
    "svhn": 10,
}
DISTILLED = {
    "R50x1_224": 1000,
    "R50x1_160": 1000,
    "R152x2_T_224": 1000,
    "R152x2_T_384": 1000,
    "R152x2_T_flowers128": 102,
    "R152x2_T_pet128": 37,
    "R152x2_T_food128": 101,
    "R152x2_T_sun128": 397,
}
VANITY_NAMES = {
    "FunMatch-224px-i1k82.8": "distill/R50x1_224",
    "FunMatch-160px-i1k80.5": "distill/R50x1_160",
}


@dataclasses.dataclass(frozen=True)
class PublishedFile:
    """One public file of weights.

    Attributes:
        name: public name, without ".npz", such as "BiT-M-R50x1".
        url: where it can be downloaded.
        network: name of the network it fits, such as "bit_r50x1".
        num_classes: classes of the head it brings.
        sha256: hexadecimal checksum of the file, None where it is not known.
        size: length in bytes, None where it is not known.
    """

    name: str
    url: str
    network: str
    num_classes: int
    sha256: str | None = None
    size: int | None = None


@functools.cache
def _files():
    classes = {}
    for size in SIZES:
        classes[f"BiT-S-R{size}"] = size, 1000
        classes[f"BiT-M-R{size}"] = size, 21843
        classes[f"BiT-M-R{size}-ILSVRC2012"] = size, 1000
    classes["BiT-M-R50x1-CIFAR10"] = "50x1", 10
    for name, num_classes in DISTILLED.items():
        classes[f"distill/{name}"] = name[1:].split("_")[0], num_classes
    for size in VTAB_SIZES:
        for task, num_classes in VTAB_CLASSES.items():
            for run in range(3):
                name = f"vtab/BiT-M-R{size}-run{run}-{task}"
                classes[name] = size, num_classes
    return {
        name: PublishedFile(name, f"{BASE_URL}{name}.npz", f"bit_r{size}", num_classes)
        for name, (size, num_classes) in classes.items()
    }


@functools.cache
def _names_by_spelling():
    spellings = {name.lower(): name for name in _files()}
    # big_vision leaves out the folder, and no two files share their last part.
    spellings |= {name.split("/")[-1].lower(): name for name in _files()}
    return spellings | {vanity.lower(): name for vanity, name in VANITY_NAMES.items()}


def catalogue():
    """Gives every public file: a dictionary from its name to a `PublishedFile`.

    >>> catalogue()["BiT-M-R50x1"].num_classes
    21843
    """
    return dict(_files())


def find(name):
    """Gives the `PublishedFile` that a name means.

    Args:
        name: public name in any letter case, with or without ".npz" and the folder;
            big_vision's names of the distilled files ("FunMatch-224px-i1k82.8") too.

    Raises:
        InputError: no such file is published; names the nearest ones.
    """
    wanted = str(name).strip().lower().removesuffix(".npz")
    spellings = _names_by_spelling()
    if wanted not in spellings:
        near = suggestion(str(name).removesuffix(".npz"), [*_files(), *VANITY_NAMES])
        raise InputError(f"No published weights are called '{name}'.{near}")
    return _files()[spellings[wanted]]
