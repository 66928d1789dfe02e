"""`predict`: class names for photographs."""

import contextlib
import json
import sys

from bit_keras.commands.shared import (
    add_network,
    bring_weights,
    import_tensorflow,
    open_network,
    require_place,
    tell_unread,
    write_csv,
)
from bit_keras.commands.sorting import outside, sort_into
from bit_keras.errors import InputError
from bit_keras.evaluation import THRESHOLD

SERVED = "model"  # what the image tensorflow/serving calls a model by itself


def register(commands):
    parser = commands.add_parser(
        "predict",
        help="class names for photographs",
        description="Prints the most probable classes of each photograph; of a network "
        "for several labels per image, those of 50 % or more, and the first in any "
        "case. Files that cannot be read are named on stderr and left out.",
    )
    parser.add_argument("photos", nargs="+", help="files, folders and patterns")
    add_network(parser)
    parser.add_argument(
        "--saved-model",
        metavar="FOLDER",
        help="ask a SavedModel of export, instead of --run",
    )
    parser.add_argument(
        "--server",
        metavar="ADDRESS",
        help="ask TensorFlow Serving, instead of --run: HOST:8500 for gRPC, or "
        f"http://HOST:8501 for REST; --model is the model's name there (default: "
        f"{SERVED})",
    )
    parser.add_argument(
        "--top",
        type=int,
        default=3,
        metavar="K",
        help="classes per photograph that are shown, and in the CSV (default: "
        "%(default)s); of several labels per image all are shown",
    )
    parser.add_argument("--csv", metavar="FILE", help="write the answers here as well")
    parser.add_argument(
        "--html", metavar="FILE", help="write a page with the photographs by class"
    )
    parser.add_argument(
        "--json",
        action="store_true",
        help="print an object of JSON a line for each photograph, and nothing else: "
        "path and classes, or path and error",
    )
    parser.add_argument(
        "--sort-into",
        metavar="FOLDER",
        help="link (or copy) each photograph into a folder of its class in this one; "
        "nothing is moved or overwritten",
    )
    parser.set_defaults(command=run)


def run(args):
    if args.top < 1:
        raise InputError(f"--top must be above 0. Received: {args.top}")
    for place in filter(None, (args.csv, args.html)):
        require_place(place)
    bring_weights(args)
    import_tensorflow()
    from bit_keras.data.photos import find_photos

    paths = find_photos(args.photos)
    if args.sort_into is not None:
        paths = outside(paths, args.sort_into)
    failure = None
    if args.server is not None or args.saved_model is not None:
        rows, bad, several, failure = _ask(args, paths)
    else:
        trained = open_network(args)
        trained.require_channels(3)
        trained.require_head()
        several = trained.multi_label
        rows, bad = _predict(trained, paths, args.top)
    if args.json:
        _print_json(rows, bad)
    else:
        _print(rows, several)
    tell_unread(bad)
    with contextlib.redirect_stdout(sys.stderr if args.json else sys.stdout):
        if rows:
            _write(args, rows, bad, several)
    if failure is not None:
        raise failure
    if not rows:
        raise InputError("None of the files can be read, so there is nothing to tell.")


def _print(rows, several):
    width = max((len(str(path)) for path, _ in rows), default=0)
    for path, classes in rows:
        told = _told(classes, several)
        shown = "   ".join(f"{name} {probability:.1%}" for name, probability in told)
        print(f"{path!s:{width}}   {shown}")


def _print_json(rows, bad):
    for path, classes in rows:
        told = [{"class": name, "probability": value} for name, value in classes]
        print(json.dumps({"path": str(path), "classes": told}))
    for path, reason in bad:
        print(json.dumps({"path": str(path), "error": reason}))


def _write(args, rows, bad, several):
    if args.csv:
        write_csv(args.csv, _table(rows, args.top))
    if args.html:
        from bit_keras.reports.gallery import write_gallery

        write_gallery(args.html, rows, bad)
        print(f"Wrote {args.html}")
    if args.sort_into is not None:
        most = None if several else 1
        wanted = [
            (path, [name for name, _ in _told(classes, several)[:most]])
            for path, classes in rows
        ]
        new, there = sort_into(args.sort_into, wanted)
        print(
            f"Sorted into {args.sort_into}: {new:,} files, {there:,} were there already"
        )


def _told(classes, several):
    """Gives the classes that are shown: of several labels those that are likely."""
    if not several:
        return classes
    return [c for c in classes if c[1] >= THRESHOLD] or classes[:1]


def _ask(args, paths):
    """Asks a server or a SavedModel.

    Returns:
        what `_predict` does, whether there are several labels per image, and the error
        that ended it before all were answered, or None.
    """
    from bit_keras.data.photos import unread
    from bit_keras.export.client import answers

    ask = _client(args)
    rows, positions, several, failure = [], [], False, None
    number = -1
    try:
        for number, answer in enumerate(answers(ask, paths)):
            several = several or answer.several
            if answer.classes:
                kept = len(answer.classes) if answer.several else args.top
                rows.append((paths[number], answer.classes[:kept]))
                positions.append(number)
    except InputError as error:
        failure = error
    return rows, unread(paths[: number + 1], positions), several, failure


def _client(args):
    from bit_keras.export.client import Local, connect
    from bit_keras.export.saved_model import TOP

    if args.top > TOP:
        raise InputError(
            f"An exported network tells its first {TOP} classes. Received: --top "
            f"{args.top}"
        )
    others = [args.run, args.weights, args.crop]
    others.append(args.model if args.server is None else args.saved_model)
    if any(other is not None for other in others):
        raise InputError(
            "--server goes with --model alone, and --saved-model with none of the "
            "flags that name a network."
        )
    if args.server is None:
        return Local(args.saved_model)
    return connect(args.server, args.model or SERVED)


def _predict(trained, paths, top):
    """Gives (path, [(class, probability), …]) of the readable, and the unreadable.

    These are the first `top`, and of several labels all from the threshold on.
    """
    import numpy as np
    import tensorflow as tf
    from tqdm import tqdm

    from bit_keras import losses
    from bit_keras.data.photos import photo_batches, unread
    from bit_keras.models import for_inference

    several = trained.multi_label
    model = for_inference(trained.model)
    inputs = tf.TensorSpec((None, *model.input_shape[1:]), tf.float32)

    @tf.function(input_signature=[inputs])  # traced once, also for the last batch
    def ask(images):
        return losses.probabilities(model(images, training=False), trained.loss)

    positions, rows = [], []
    bar = tqdm(total=len(paths), desc="predicting", unit="photo", delay=1, leave=False)
    for batch, images in photo_batches(paths, trained.preprocessing):
        probabilities = ask(images).numpy()
        for position, row in zip(batch.numpy(), probabilities, strict=True):
            likely = np.count_nonzero(row >= THRESHOLD) if several else 0
            best = np.argsort(-row, kind="stable")[: max(top, likely)]
            classes = [(trained.class_names[i], float(row[i])) for i in best]
            rows.append((paths[position], classes))
        positions.extend(batch.numpy())
        bar.update(len(batch))
    bar.close()
    return rows, unread(paths, positions)


def _table(rows, top):
    rows = [(photo, classes[:top]) for photo, classes in rows]
    numbers = range(1, len(rows[0][1]) + 1)
    kinds = ("class", "probability")
    yield ["path", *(f"{kind}_{k}" for k in numbers for kind in kinds)]
    for photo, classes in rows:
        cells = [cell for name, value in classes for cell in (name, f"{value:.6f}")]
        yield [photo, *cells]
