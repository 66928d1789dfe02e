"""What several commands share: flags, files, and a quiet start of TensorFlow."""

import os
from pathlib import Path

from bit_keras import files
from bit_keras.backend import require_tensorflow
from bit_keras.errors import InputError
from bit_keras.silence import silent_stderr


def import_tensorflow():
    """Imports TensorFlow without its messages about processors and missing GPUs.

    Raises:
        InputError: if Keras does not run on it.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with silent_stderr():  # some are written before any log level is heeded
        require_tensorflow()
        import keras
        import tensorflow
        from absl import logging

        logging.set_verbosity(logging.ERROR)  # of TensorFlow Datasets' deprecations
        tensorflow.config.list_physical_devices("GPU")
    # Somebody's keras.json may have others, for other programs.
    keras.config.set_floatx("float32")
    keras.config.set_image_data_format("channels_last")


def bring_weights(args):
    """Downloads published weights that --weights or --model names, before all else.

    Raises:
        InputError: if they cannot be had.
    """
    from bit_keras import weights

    name = args.weights or args.model
    if not name or Path(name).exists():
        return
    try:
        file = weights.find(name)
    except InputError:
        return  # a network; or unknown, which is told where it is looked for
    weights.published(file.name)


def add_dataset(parser):
    """Adds --dataset and --data-dir."""
    parser.add_argument(
        "--dataset",
        metavar="DATA",
        help="a folder with a sub-folder per class (or train/ and test/ with those), a "
        "CSV of path,label[,split], an npz, a TensorFlow Datasets name, or digits",
    )
    parser.add_argument(
        "--data-dir", metavar="FOLDER", help="where TensorFlow Datasets keeps its sets"
    )


def add_multi_label(parser):
    """Adds --multi-label."""
    parser.add_argument(
        "--multi-label",
        action="store_true",
        help="images have several labels, or none: in a CSV as cat;dog, in an npz "
        "y_train of 0 and 1 for every class",
    )


def add_network(parser):
    """Adds --run, --model, --weights and --crop."""
    parser.add_argument("--run", metavar="FOLDER", help="run folder of finetune")
    parser.add_argument(
        "--model",
        metavar="NAME",
        help="published weights with a head, instead of --run",
    )
    parser.add_argument(
        "--weights", metavar="FILE", help="official-layout npz for --model"
    )
    parser.add_argument(
        "--crop", type=int, metavar="PIXELS", help="resize images to this square"
    )


def open_network(args):
    """Loads what `add_network`'s flags name, ready for prediction."""
    from bit_keras.training.trained import open_trained

    return open_trained(args.run, args.model, args.weights, args.crop)


def require_place(path):
    """Raises `InputError` where no file can be written: before the work, not after."""
    path = Path(path)
    if path.is_dir():
        raise InputError(f"'{path}' is a folder; name a file in it.")
    if path.exists() and not path.is_file():  # which a file would take the place of
        raise InputError(f"'{path}' is a pipe or a device; name a file.")
    if not path.parent.is_dir():
        raise InputError(
            f"There is no folder '{path.parent}' to write '{path.name}' to; make it "
            "first, or name another."
        )


def make_folder(path):
    """Gives the folder as a path; raises `InputError` if it cannot be made."""
    try:
        Path(path).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"The folder '{path}' cannot be made: {error.strerror}; name another."
        ) from None
    return Path(path)


def write_csv(path, rows):
    """Writes rows, of which the first is the header; whole or not at all."""
    import csv
    import io

    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    files.write(path, text.getvalue())
    print(f"Wrote {path}")


def tell_unread(bad):
    """Names the files that could not be read, on stderr."""
    import sys

    for path, reason in bad:
        print(f"Left out: {path}: {reason}", file=sys.stderr)
