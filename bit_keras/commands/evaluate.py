"""`evaluate`: accuracy, a table per class and a confusion matrix."""

from bit_keras import files
from bit_keras.commands.shared import (
    add_dataset,
    add_multi_label,
    add_network,
    bring_weights,
    import_tensorflow,
    make_folder,
    open_network,
)
from bit_keras.errors import InputError


def register(commands):
    parser = commands.add_parser(
        "evaluate",
        help="accuracy, a table per class and a confusion matrix",
        description="Evaluates a run on the test images of its own data set, or a "
        "network on those of --dataset: all, where it is not divided into train and "
        "test. Images that the run was trained on are left out.",
    )
    add_network(parser)
    add_dataset(parser)
    add_multi_label(parser)
    parser.add_argument(
        "--split", default="test", help="train, test or val (default: %(default)s)"
    )
    parser.add_argument(
        "--output",
        metavar="FOLDER",
        help="where the figures go (default: evaluation/ in the run folder, or here)",
    )
    parser.set_defaults(command=run)


def run(args):
    if args.run is None and args.dataset is None:
        raise InputError("evaluate takes --run FOLDER, or --model and --dataset.")
    bring_weights(args)
    import_tensorflow()
    from pathlib import Path

    from bit_keras.data import evaluation_batches
    from bit_keras.evaluation.chance import doubt
    from bit_keras.evaluation.running import classify
    from bit_keras.evaluation.summaries import summarize
    from bit_keras.evaluation.tables import format_summary
    from bit_keras.models import for_inference
    from bit_keras.reports.figures import confusion_matrix_figure
    from bit_keras.training.failures import readable_errors
    from bit_keras.training.lock import run_folder_locked
    from bit_keras.training.messages import tell_data

    trained = open_network(args)
    trained.require_head()
    data = _data(args, trained)
    tell_data(data)
    part = data.part(args.split)
    if args.run is not None and args.dataset is not None and args.split != "train":
        part = _new_to(args, part)
    batches = evaluation_batches(
        part,
        trained.preprocessing,
        len(trained.class_names),
    )
    folder = Path(args.output or Path(args.run or ".") / "evaluation")
    with run_folder_locked(folder), readable_errors():
        make_folder(folder)
        predictions = classify(
            for_inference(trained.model),
            batches,
            loss=trained.loss,
            multi_label=trained.multi_label,
            description="evaluating",
        )
        summary = summarize(predictions, trained.class_names)
        files.write(folder / "summary.json", summary)
        print(format_summary(summary, file=str(folder / "summary.json")))
        if doubted := doubt(summary):
            print(f"\n{doubted}")
        if summary["confusion"] is not None:
            figure = confusion_matrix_figure(summary["confusion"], trained.class_names)
            files.write(folder / "confusion_matrix.png", figure)
            print(f"\nConfusion matrix: {folder / 'confusion_matrix.png'}")


def _data(args, trained):
    from bit_keras.training import data_record
    from bit_keras.training.named_data import NamedData
    from bit_keras.training.run_folder import open_run
    from bit_keras.training.tasks import data_of

    run = open_run(args.run) if args.run is not None else None
    own = run is not None and args.dataset is None
    if own:
        data = data_of(run, args.data_dir)
        data_record.tell_changes(run, data)
    else:
        several = args.multi_label or (run and run.info.multi_label)
        source = NamedData(args.dataset, args.data_dir, multi_label=bool(several))
        data = source.open(0, tested_by=trained.class_names if run else ())
    _require_fitting(args, trained, data)
    return data


def _new_to(args, part):
    """Leaves out the examples that the run was trained on, or chosen by, and says so.

    They are known by their contents. Where that is not possible, a sentence on stderr
    says so.
    """
    import sys

    from bit_keras.training.run_folder import open_run

    new = range(part.count)
    try:
        new = _positions_of_new(open_run(args.run), part, args.data_dir)
    except InputError as error:
        print(
            "Attention: the images cannot be compared with those of the run, so images "
            f"it was trained on may be among those tested now: {error}",
            file=sys.stderr,
        )
    if not new:
        raise InputError(
            f"The run was trained on all of these {part.count:,} images, so none is "
            "left to test it on; name others."
        )
    if len(new) == part.count:
        return part
    print(
        f"Left out, because the run was trained on them: {part.count - len(new):,} of "
        f"{part.count:,} images."
    )
    return part.take(list(new))


def _positions_of_new(run, part, data_dir):
    """Gives the positions of examples that were not used in the training of a run.

    Contents of files are compared with those that the run noted, so that its data may
    have changed since, or be gone. An image that is a file here and something else
    there is compared by its pixels, for which the run's data are needed.
    """
    from bit_keras.data.overlap import positions_of_new
    from bit_keras.training import data_record
    from bit_keras.training.tasks import data_of

    if not part.indexed:
        raise InputError("they are too many to be compared")
    used = {"train", "val"} if run.recipe.evaluate_every else {"train"}
    known = data_record.contents(run, used)
    new = {n for n, key in enumerate(data_record.keys(part)) if key not in known}
    own = data_of(run, data_dir) if len(new) == part.count else None
    for other in own.parts.values() if own else ():
        if type(other) is type(part):
            continue
        listed = enumerate(data_record.keys(other))
        if trained_on := [n for n, key in listed if key in known]:
            new &= set(positions_of_new(part, other.take(trained_on)).tolist())
    return sorted(new)


def _require_fitting(args, trained, data):
    trained.require_channels(data.channels)
    if data.multi_label and not trained.multi_label:
        raise InputError(
            f"The images of {data.name} have several labels, but '{trained.name}' was "
            "trained for one each; evaluate a network trained with --multi-label."
        )
    if len(data.class_names) != len(trained.class_names):
        raise InputError(
            f"The data set has {len(data.class_names)} classes and the network "
            f"{len(trained.class_names)}; evaluate it on the classes it was made for."
        )
    if args.run is not None and data.class_names != trained.class_names:
        raise InputError(
            f"The data set's classes ({', '.join(data.class_names[:5])}, …) are not "
            f"the run's ({', '.join(trained.class_names[:5])}, …)."
        )
