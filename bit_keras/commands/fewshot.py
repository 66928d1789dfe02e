"""`fewshot`: what a few images of every class are worth."""

from pathlib import Path

from bit_keras import files
from bit_keras.commands.shared import (
    add_dataset,
    add_network,
    bring_weights,
    import_tensorflow,
    make_folder,
    open_network,
)
from bit_keras.commands.tested import new_to
from bit_keras.errors import InputError


def register(commands):
    parser = commands.add_parser(
        "fewshot",
        help="what a few images of every class are worth",
        description="Fits a head to few images of every class, several times, and "
        "tests it: in closed form on the features of a network, as the ViT papers do; "
        "or by fine-tuning, as the BiT paper does.",
    )
    add_dataset(parser)
    add_network(parser)
    parser.add_argument(
        "--shots",
        type=int,
        nargs="+",
        default=[1, 5, 10, 25],
        metavar="K",
        help="images of each class (default: 1 5 10 25)",
    )
    parser.add_argument(
        "--seeds",
        type=int,
        default=5,
        metavar="N",
        help="how many times images are drawn (default: %(default)s)",
    )
    parser.add_argument(
        "--l2",
        type=float,
        nargs="+",
        metavar="X",
        help="weight decay; of several, each head takes the one that errs least on "
        "what is left out of its own images (default: 1024, as the ViT papers' code)",
    )
    parser.add_argument(
        "--curve",
        action="store_true",
        help="draw it, and say what twice as many photographs would bring",
    )
    parser.add_argument(
        "--save",
        metavar="RUN",
        help="leave a run folder with a head for all training images, as finetune "
        "--quick does",
    )
    parser.add_argument(
        "--output",
        metavar="FOLDER",
        help="where figures, picture and the runs of --by finetune go (default: "
        "fewshot/ in the run folder, or here)",
    )
    _add_fine_tuning(parser.add_argument_group("fine-tuning"))
    parser.set_defaults(command=run)


def _add_fine_tuning(group):
    group.add_argument(
        "--by",
        choices=("closed-form", "finetune"),
        default="closed-form",
        help="how a head is learned; finetune makes a run for every draw, takes hours "
        "without a GPU, and goes on where it was interrupted (default: %(default)s)",
    )
    group.add_argument("--steps", type=int, metavar="N", help="of every such run")
    told = "change fields of their recipe"
    group.add_argument(
        "--set", nargs="*", action="extend", default=[], metavar="FIELD=V", help=told
    )


def run(args):
    _require_sense(args)
    bring_weights(args)
    import_tensorflow()
    from bit_keras.evaluation.few_shot import L2, require_numbers
    from bit_keras.reports.shots_figure import shots_figure
    from bit_keras.training.failures import readable_errors

    if args.model and args.weights is None and Path(args.model).is_dir():
        args.run, args.model = args.model, None  # and what it has seen is no test
    require_numbers(args.shots, args.seeds, L2 if args.l2 is None else args.l2)
    folder = Path(args.output or Path(args.run or ".") / "fewshot")
    with readable_errors():
        if args.by == "finetune":
            found = _fine_tuned(args, folder)
            picture = shots_figure(found.shots, found.accuracies, middle="median")
            _tell(folder, found, picture, "median")
        else:
            _in_closed_form(args, folder)


def _require_sense(args):
    """Raises `InputError` for what is seen to be wrong without TensorFlow."""
    if args.dataset is None:
        raise InputError("fewshot needs --dataset; `datasets` says what it takes.")
    other = ("steps", "set")
    if args.by == "finetune":
        other = ("l2", "curve", "save", "crop")
    for name in (name for name in other if getattr(args, name)):
        raise InputError(f"--{name} does not go with --by {args.by}; leave it out.")
    if (args.run is None) == (args.model is None):
        raise InputError("Give either --run FOLDER, or --model NAME (and --weights).")


def _in_closed_form(args, folder):
    from bit_keras.evaluation.features import Features
    from bit_keras.training.lock import run_folder_locked

    trained = open_network(args)
    data, test = _data(args, trained)
    if args.save:
        _save(args, trained.preprocessing)
    with run_folder_locked(folder):
        make_folder(folder)
        ask = Features(trained.model)
        known, tested = (
            (ask(part, [trained.preprocessing])[0], part.labels)
            for part in (data.parts["train"], test)
        )
        found, curve, picture = _fitted(args, known, tested, data.num_classes)
        print(
            f"\nHeads in closed form on the {known[0].shape[1]:,} features of "
            f"{args.run or args.model}, at {trained.crop} px:"
        )
        _tell(folder, found, picture, "mean", curve)


def _fitted(args, known, tested, num_classes):
    import numpy as np

    from bit_keras.evaluation.few_shot import L2, few_shot
    from bit_keras.evaluation.learning_curve import learning_curve
    from bit_keras.reports.shots_figure import shots_figure

    given = {"num_classes": num_classes, "seeds": args.seeds, "l2": args.l2 or L2}
    found = few_shot(*known, args.shots, test=tested, **given)
    if not args.curve:
        return found, None, None
    curve = learning_curve(*known, tested, **given)
    picture = shots_figure(
        np.array(found.examples) / num_classes,
        found.accuracies,
        curve=(curve, num_classes),
        chance=np.bincount(tested[1]).max() / len(tested[1]),
    )
    return found, curve, picture


def _tell(folder, found, picture, middle, curve=None):
    """Prints the figures, and writes them and the picture."""
    from bit_keras.evaluation.few_shot_table import format_few_shot, summary_of

    print("\n" + format_few_shot(found, middle, curve))
    files.write(folder / "few_shot.json", summary_of(found, curve))
    print(f"\nAll figures: {folder / 'few_shot.json'}")
    if picture is not None:
        files.write(folder / "few_shot.png", picture)
        print(f"Picture: {folder / 'few_shot.png'}")


def _data(args, trained):
    """Opens the data; gives them, and the test images that are new to the network."""
    import numpy as np

    from bit_keras.evaluation.few_shot_table import those_short
    from bit_keras.evaluation.learning_curve import require_enough
    from bit_keras.training.first_answer import MOST_EXAMPLES
    from bit_keras.training.messages import tell_data
    from bit_keras.training.named_data import NamedData
    from bit_keras.training.run_folder import open_run
    from bit_keras.training.seen import unseen

    data = NamedData(args.dataset, args.data_dir).open(0)
    tell_data(data)
    trained.require_channels(data.channels)
    train, test = data.parts["train"], data.part("test")
    if data.multi_label:
        raise InputError(
            f"The images of {data.name} have several labels; fewshot is for one each."
        )
    if not (train.indexed and test.indexed) or train.count > MOST_EXAMPLES:
        raise InputError(
            f"{data.name} has more than {MOST_EXAMPLES:,} training images, or is read "
            "as a stream; fewshot takes smaller data sets."
        )
    if args.run is not None:
        own = open_run(args.run)
        test = new_to(own, test, args.data_dir)
        known = train.count - len(unseen(own, train, args.data_dir))
        if known:
            print(
                f"The run was trained on {known:,} of these {train.count:,} training "
                "images, so few of them look better here than few new ones would."
            )
    counts = np.bincount(train.labels, minlength=data.num_classes)
    if args.curve:
        require_enough(train.labels, data.num_classes, args.seeds)
    for told in those_short(sorted(set(args.shots)), counts, data.class_names):
        print(told)
    return data, test


def _save(args, preprocessing):
    """Leaves a run folder whose images become squares as they do here."""
    import dataclasses

    from bit_keras.training import finetune

    finetune(
        args.dataset,
        data_dir=args.data_dir,
        model=args.run or args.model,
        weights=args.weights,
        recipe="quick",
        output=args.save,
        changes={**dataclasses.asdict(preprocessing), "resize": preprocessing.crop},
    )


def _fine_tuned(args, folder):
    from bit_keras.recipes import parse_assignments
    from bit_keras.training.few_shot_runs import few_shot_runs

    return few_shot_runs(
        args.dataset,
        args.shots,
        seeds=args.seeds,
        output=folder,
        data_dir=args.data_dir,
        model=args.run or args.model,
        weights=args.weights,
        steps=args.steps,
        changes=parse_assignments(args.set),
    )
