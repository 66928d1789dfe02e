"""Every published file of every family by its name."""

import dataclasses

from bit_keras.errors import InputError, suggestion
from bit_keras.families import FAMILIES

SUFFIXES = (".npz", ".safetensors", ".pth", ".pt", ".th")


class SeveralFiles(InputError):
    """A name that several published files have."""


def catalogue():
    """Gives every public file: a dictionary from its name to a `PublishedFile`.

    >>> catalogue()["BiT-M-R50x1"].num_classes
    21843
    """
    return {
        name: file
        for family in FAMILIES.values()
        for name, file in family.published.items()
    }


def find(name):
    """Gives the `PublishedFile` that a name means.

    Args:
        name: public name in any letter case, with or without one of `SUFFIXES`; without
            the folder where only one file has this name; a family's other spellings,
            such as big_vision's "FunMatch-224px-i1k82.8", too. Names that a family
            knows by their grammar alone are taken as they are written.

    Raises:
        InputError: no such file is published; names the nearest ones.
        SeveralFiles: several are; names them.
    """
    found = _candidates(_plain(name))
    if not found:
        found = _by_grammar(name)
    if len(found) == 1:
        return found[0]
    if found:
        listed = ", ".join(file.name for file in found)
        raise SeveralFiles(
            f"'{name}' is the name of several published files; add the folder: {listed}"
        )
    names = [*catalogue(), *_aliases()]
    near = suggestion(without_suffix(name), names)
    raise InputError(f"No published weights are called '{name}'.{near}")


def known(path, num_classes, network, crop=None):
    """Gives the `PublishedFile` that a local file is a copy of, None where it is none.

    A file is known by its folder and name, or by its name alone, with the same class
    count, for the same network and images of the same size. A file of any name is known
    by its contents where its class count is that of ImageNet-21k, which nobody's own
    data have. Of several such files, which differ in name and address alone, it may be
    any.

    Args:
        path: `pathlib.Path` of the file.
        num_classes: classes of the head in the file, None for no head.
        network: registry name of the network it is for.
        crop: side in pixels of the images it is for, None for any.
    """
    path = path.expanduser().absolute()
    fitting = [
        file
        for file in [*catalogue().values(), *_by_grammar(path.name)]
        if (file.num_classes, file.network) == (num_classes, network)
        and crop in (None, file.crop)
    ]
    for name in (f"{path.parent.name}/{path.name}", path.name):
        candidates = _candidates(_plain(name)) or _by_grammar(name)
        if named := _one_of([file for file in candidates if file in fitting]):
            return named
    return _one_of([file for file in fitting if file.words == "imagenet_21k"])


def _one_of(files):
    """Gives the first file where all differ in name and address alone, else None."""
    facts = {dataclasses.replace(file, name="", url="") for file in files}
    return files[0] if len(facts) == 1 else None


def _candidates(wanted):
    """Gives the files of a name in small letters: with its folder, else without."""
    files = {_plain(name): file for name, file in catalogue().items()}
    files |= {
        _plain(other): files[_plain(name)]
        for other, name in _aliases().items()
        if _plain(name) in files
    }
    if wanted in files:
        return [files[wanted]]
    same = [file for name, file in files.items() if name.split("/")[-1] == wanted]
    return list(dict.fromkeys(same))


def _by_grammar(name):
    """Gives the files that a family knows by the grammar of its names."""
    stem = without_suffix(name)
    grammars = [family.grammar for family in FAMILIES.values() if family.grammar]
    found = [grammar(stem) for grammar in grammars]
    return [file for file in found if file is not None]


def _aliases():
    return {
        other: name
        for family in FAMILIES.values()
        for other, name in family.aliases.items()
    }


def _plain(name):
    return without_suffix(str(name).lower())


def without_suffix(name):
    """Takes what files of weights end with off a name."""
    name = str(name).strip()
    ending = next((s for s in SUFFIXES if name.lower().endswith(s)), "")
    return name[: len(name) - len(ending)]
