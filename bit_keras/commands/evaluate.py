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
from bit_keras.commands.sizes import add_sizes, asked, evaluate_sizes, ways_of
from bit_keras.commands.tested import part_to_test
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
    add_sizes(parser)
    parser.set_defaults(command=run)


def run(args):
    if args.run is None and args.dataset is None:
        raise InputError("evaluate takes --run FOLDER, or --model and --dataset.")
    several = asked(args)
    bring_weights(args)
    import_tensorflow()
    from pathlib import Path

    from bit_keras.training.failures import readable_errors
    from bit_keras.training.lock import run_folder_locked
    from bit_keras.training.run_folder import open_run

    trained = open_network(args)
    trained.require_head()
    run = open_run(args.run) if args.run is not None else None
    ways = several and ways_of(args, trained, *several)
    part = part_to_test(args, run, trained, args.split)
    folder = Path(args.output or Path(args.run or ".") / "evaluation")
    with run_folder_locked(folder), readable_errors():
        make_folder(folder)
        if several:
            evaluate_sizes(args, trained, part, *ways, folder)
        else:
            _tell(folder, _summary(trained, part), trained.class_names)


def _summary(trained, part):
    from bit_keras.data import evaluation_batches
    from bit_keras.evaluation.running import classify
    from bit_keras.evaluation.summaries import summarize
    from bit_keras.models import for_inference

    predictions = classify(
        for_inference(trained.model),
        evaluation_batches(part, trained.preprocessing, len(trained.class_names)),
        loss=trained.loss,
        multi_label=trained.multi_label,
        description="evaluating",
    )
    return summarize(predictions, trained.class_names)


def _tell(folder, summary, class_names):
    """Prints the figures, and writes them and the confusion matrix."""
    from bit_keras.evaluation.chance import doubt
    from bit_keras.evaluation.tables import format_summary
    from bit_keras.reports.figures import confusion_matrix_figure

    files.write(folder / "summary.json", summary)
    print(format_summary(summary, file=str(folder / "summary.json")))
    if doubted := doubt(summary):
        print(f"\n{doubted}")
    if summary["confusion"] is not None:
        figure = confusion_matrix_figure(summary["confusion"], class_names)
        files.write(folder / "confusion_matrix.png", figure)
        print(f"\nConfusion matrix: {folder / 'confusion_matrix.png'}")
