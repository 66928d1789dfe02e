"""From what the user typed after `--dataset` to labelled examples."""

import dataclasses
from pathlib import Path

from bit_keras.data.exclusion import without
from bit_keras.data.grouping import compiled, grouped_by_path
from bit_keras.data.parts import all_for_testing, with_test_part
from bit_keras.data.twins import brought_together, looked_at
from bit_keras.errors import InputError
from bit_keras.files import require_regular
from bit_keras.forms import FORMS


def open_dataset(
    dataset,
    *,
    data_dir=None,
    seed=0,
    bad_images="skip",
    multi_label=False,
    labelled=True,
    tested_by=None,
    keep_twins=True,
    group_from=None,
    exclude=None,
):
    """Finds, reads and checks a data set; splits it where it comes unsplit.

    Args:
        dataset: one of the `FORMS`; an existing path wins over a name.
        data_dir: folder of TensorFlow Datasets.
        seed: of the split, where there is none.
        bad_images: "skip" leaves images out that cannot be read, "fail" stops.
        multi_label: an image of a CSV or npz has several labels, or none. Sets of
            TensorFlow Datasets say so by themselves.
        labelled: False takes images without labels: a folder may have them anywhere
            below it, a CSV needs only a column `path`, an npz only x_train. Labels that
            are there are left aside, and no test images are held out.
        tested_by: class names of a network that is to be tested, in its order; () where
            it has none. Then all images are for testing where there is no split, none
            need be for training, and not every class need have images.
        keep_twins: twins (`bit_keras.data.twins`) and groups are known, so that no
            split tears them apart. False splits as it was done before that.
        group_from: regular expression: files in whose paths below the data set it finds
            the same belong together. For `tested_by` nothing is split.
        exclude: path of a file that names training images to leave out, before any are
            held out of them; see `exclusion.names_to_exclude`.

    Returns:
        `ImageData`.

    Raises:
        InputError: if it cannot be found or is no classification data set.
    """
    name = str(dataset)
    if multi_label and not labelled:
        raise InputError("Images without labels do not go with --multi-label.")
    testing = tested_by is not None
    pattern = None if group_from is None else compiled(group_from)
    data = _open(name, data_dir, bad_images, multi_label, labelled, testing)
    if multi_label and not data.multi_label:
        raise _one_label_each(name)
    if testing:
        return all_for_testing(data, tested_by) if labelled else data
    if labelled:
        _require_two_classes(name, data)
    if pattern is not None:
        data = grouped_by_path(data, pattern)
    if exclude is not None:
        data = without(data, exclude)
    parts = _looked_at(data.parts) if keep_twins else _plain(data.parts)
    data = dataclasses.replace(data, parts=parts)
    return with_test_part(data, seed) if labelled else data


def open_as_it_is(dataset, data_dir=None):
    """Opens a data set with the splits and labels that it has, if any.

    Nothing is split, no class is missed, and what has no labels, or of another kind
    than one each, is taken without.

    Args:
        dataset, data_dir: see `open_dataset`.

    Raises:
        InputError: if it cannot be found, or has no images.
    """
    try:
        return _open(str(dataset), data_dir, "skip", False, True, True)
    except InputError as error:
        try:
            return _open(str(dataset), data_dir, "skip", False, False, True)
        except InputError:
            raise error from None


def _looked_at(parts):
    parts = {split: looked_at(part) for split, part in parts.items()}
    return {**parts, "train": brought_together(parts["train"])}


def _plain(parts):
    unknown = {"looks": None, "groups": None}
    return {
        split: dataclasses.replace(part, **unknown) if part.indexed else part
        for split, part in parts.items()
    }


def _open(name, data_dir, bad_images, multi_label, labelled, testing):
    if not name:
        raise InputError("--dataset is empty; `datasets` says what it takes.")
    path = Path(name)
    if name.startswith("tfds:") or (not path.exists() and _looks_like_name(name)):
        if name == "digits":
            from bit_keras.data.arrays import digits

            return digits(labelled)
        from bit_keras.data.tfds_source import open_tfds

        return open_tfds(name.removeprefix("tfds:"), data_dir, labelled, testing)
    if not path.exists():
        raise InputError(f"There is no file or folder '{name}'.")
    if path.is_dir():
        from bit_keras.data.folders import open_folder

        if multi_label:  # before every image is checked
            raise _one_label_each(name)
        return open_folder(path, bad_images, labelled, testing)
    require_regular(path)
    if path.suffix.lower() in (".csv", ".tsv"):
        from bit_keras.data.csv_file import open_csv

        return open_csv(path, bad_images, multi_label, labelled, testing)
    if path.suffix.lower() == ".npz":
        from bit_keras.data.arrays import open_npz

        return open_npz(path, multi_label, labelled, testing)
    raise InputError(
        f"'{name}' is no data set. --dataset takes:"
        + "".join(f"\n  {form}" for form in FORMS)
    )


def _require_two_classes(name, data):
    if len(data.class_names) < 2:
        told = (
            f"A classifier needs at least two classes; '{name}' has one only: "
            f"{', '.join(data.class_names) or 'none'}."
        )
        # What was passed over may be the other class.
        raise InputError(" ".join([told, *data.notes]))


def _one_label_each(name):
    return InputError(
        f"The images of '{name}' have one label each; --multi-label takes a CSV of "
        "path,label[,split] with labels such as 'cat;dog', or an npz whose y_train "
        "holds 0 and 1 of shape (examples, classes)."
    )


def _looks_like_name(name):
    return (
        "/" not in name
        and "\\" not in name
        and not name.endswith((".csv", ".tsv", ".npz"))
    )
