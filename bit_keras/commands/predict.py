"""`predict`: class names for photographs."""

import contextlib
import sys

from bit_keras.commands import explain, predictions
from bit_keras.commands.shared import (
    add_network,
    bring_weights,
    import_tensorflow,
    open_network,
    require_place,
    tell_unread,
    write_csv,
)
from bit_keras.errors import InputError
from bit_keras.sorting import (
    COPIED,
    KEPT,
    LINKED,
    outside,
    require_folder_place,
    sort_photographs,
)

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
        "--json",
        action="store_true",
        help="print an object a line and nothing else: path with classes (class, "
        "probability) or with error",
    )
    parser.add_argument(
        "--html",
        metavar="FILE",
        help="write a gallery in one file: small pictures by predicted class, the "
        "least certain first",
    )
    parser.add_argument(
        "--sort-into",
        metavar="FOLDER",
        help="put each photograph into a folder of its class there, too: a hard link, "
        "or a copy between disks; nothing is moved or overwritten",
    )
    parser.add_argument(
        "--explain",
        metavar="FOLDER",
        help="draw there beside each photograph what speaks for its first class, or, "
        "of a ViT without heat maps, where it looked",
    )
    parser.set_defaults(command=run)


def run(args):
    _require_sense(args)
    out = sys.stdout
    with contextlib.redirect_stdout(sys.stderr if args.json else out):
        _run(args, out)


def _require_sense(args):
    if args.top < 1:
        raise InputError(f"--top must be above 0. Received: {args.top}")
    for place in filter(None, (args.csv, args.html)):
        require_place(place)
    # A photograph that follows the flag would be overwritten.
    if args.html and not args.html.lower().endswith((".html", ".htm")):
        raise InputError(
            f"--html takes the name of a file to write, *.html. Received: {args.html}"
        )
    if args.sort_into is not None:
        require_folder_place(args.sort_into)
    if args.explain is not None and (args.server or args.saved_model):
        raise InputError("--explain needs the network itself: --run, or --model.")


def _run(args, out):
    exported = args.server is not None or args.saved_model is not None
    if not exported:  # else --model is a name of the server's
        bring_weights(args)
    import_tensorflow()
    from bit_keras.data.photos import find_photos

    paths = find_photos(args.photos)
    if args.sort_into is not None:
        paths = outside(paths, args.sort_into)
    if args.explain is not None:
        explain.require_elsewhere(paths, args.explain)
    failure = None
    if exported:
        rows, bad, several, failure = _ask(args, paths)
    else:
        trained = open_network(args)
        trained.require_channels(3)
        trained.require_head()
        several = trained.multi_label
        rows, bad = _predict(trained, paths, args.top)
    if args.json:
        lines = predictions.json_lines(paths, rows, bad)
    else:
        lines = predictions.lines(rows, several)
    for line in lines:
        print(line, file=out)
    tell_unread(bad)
    if rows:
        _write(args, rows, bad, several)
    if rows and args.explain is not None:
        explain.draw(trained, [path for path, _ in rows], args.explain)
    if failure is not None:
        raise failure
    if not rows:
        raise InputError("None of the files can be read, so there is nothing to tell.")


def _write(args, rows, bad, several):
    """Writes what the flags ask for besides the lines."""
    if args.csv:
        write_csv(args.csv, predictions.table(rows, args.top))
    if args.sort_into is not None:
        pairs = ((path, predictions.said(c, several)) for path, c in rows)
        done = sort_photographs(
            args.sort_into, ((path, [name for name, _ in c]) for path, c in pairs)
        )
        told = ", ".join(f"{done[how]} {how}" for how in (LINKED, COPIED, KEPT))
        print(f"Sorted into {args.sort_into}: {told}")
    if args.html:
        from bit_keras.reports.gallery import write_gallery

        write_gallery(
            args.html,
            title="Photographs by predicted class",
            groups=predictions.by_class(rows, several),
            several=several,
            bad_images=bad,
        )
        print(f"Wrote {args.html}")


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
    from tqdm import tqdm

    from bit_keras.data.photos import photo_batches, unread
    from bit_keras.evaluation import THRESHOLD
    from bit_keras.export.answers import network_graph

    several = trained.multi_label
    ask, _ = network_graph(trained)
    positions, rows = [], []
    bar = tqdm(total=len(paths), desc="predicting", unit="photo", delay=1, leave=False)
    for batch, images in photo_batches(paths, trained.preprocessing):
        probabilities = ask(images)["probabilities"].numpy()
        for position, row in zip(batch.numpy(), probabilities, strict=True):
            likely = np.count_nonzero(row >= THRESHOLD) if several else 0
            best = np.argsort(-row, kind="stable")[: max(top, likely)]
            classes = [(trained.class_names[i], float(row[i])) for i in best]
            rows.append((paths[position], classes))
        positions.extend(batch.numpy())
        bar.update(len(batch))
    bar.close()
    return rows, unread(paths, positions)
