"""`datasets`: what can be trained on, and what one set holds."""

from bit_keras.commands import sheets
from bit_keras.commands.shared import (
    add_multi_label,
    import_tensorflow,
    make_folder,
)
from bit_keras.errors import InputError


def register(commands):
    parser = commands.add_parser(
        "datasets",
        help="what can be trained on, and what one set holds",
        description="Without a name, lists the forms of data sets and those of "
        "TensorFlow Datasets that are prepared on this machine.",
    )
    parser.add_argument("dataset", nargs="?", help="describe this data set")
    parser.add_argument("--data-dir", metavar="FOLDER", help="of TensorFlow Datasets")
    add_multi_label(parser)
    parser.add_argument(
        "--samples",
        metavar="FOLDER",
        help="write one test image of each class here, to look at",
    )
    sheets.add_sheet(parser.add_argument_group("a sheet of augmented images"))
    parser.set_defaults(command=run)


def run(args):
    settings = sheets.settings_of(args)
    if args.dataset is None:
        _list(args.data_dir)
        return
    import_tensorflow()
    import numpy as np

    if settings is None:
        from bit_keras.data import open_dataset

        data = open_dataset(
            args.dataset, data_dir=args.data_dir, multi_label=args.multi_label
        )
    else:
        data = sheets.opened(args, settings)
    print(data.summary())
    for sentence in data.notes:
        print(sentence)
    for split, part in data.parts.items():
        if part.labels is not None:
            if data.multi_label:
                counts = part.labels.sum(axis=0, dtype="int64")
            else:
                counts = np.bincount(part.labels, minlength=len(data.class_names))
            print(
                f"{split}: from {counts.min():,} to {counts.max():,} images per class"
            )
    if args.samples:
        _write_samples(data, args.samples)
    if settings is not None:
        sheets.write_sheet(data, settings, args)


def _list(data_dir):
    import os
    from pathlib import Path

    from bit_keras.forms import FORMS

    print("--dataset takes:")
    for form in FORMS:
        print(f"  {form}")
    usual = os.environ.get("TFDS_DATA_DIR") or Path.home() / "tensorflow_datasets"
    folder = Path(data_dir or usual)
    prepared = sorted(
        {info.parent.parent.name for info in folder.glob("*/*/dataset_info.json")}
    )
    print(f"Prepared in {folder}: {', '.join(prepared) or 'none'}")


def _write_samples(data, folder):
    import keras
    import numpy as np

    test = data.part("test")
    if test.labels is None:
        raise InputError(
            f"{data.name} is too large to look for an image of each class."
        )
    folder = make_folder(folder)
    for label, name in enumerate(data.class_names):
        has_label = test.labels[:, label] if data.multi_label else test.labels == label
        positions = np.flatnonzero(has_label)
        if positions.size:
            path = folder / f"{name.replace('/', '-')}.png"
            keras.utils.save_img(path, test.image(positions[0]), scale=False)
    print(f"Wrote images to {folder}")
