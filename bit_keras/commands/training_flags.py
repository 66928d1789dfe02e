"""Flags that `finetune` and `pretrain` share, and how they become arguments."""

import argparse

from bit_keras.commands.shared import add_dataset, add_multi_label
from bit_keras.errors import InputError

# Flags that only set the recipe field of their name.
FIELDS = (
    "precision",
    "freeze",
    "head_lr_multiplier",
    "balanced",
    "remat",
    "evaluate_every",
    "best_metric",
    "patience",
    "ema_decay",
)
# Flags that are arguments of their name.
ARGUMENTS = (
    "dataset",
    "recipe",
    "output",
    "data_dir",
    "multi_label",
    "bad_images",
    "group_from",
    "exclude",
    "batch_size",
    "steps",
    "epochs",
    "minutes",
    "micro_batch",
    "class_weights",
    "seed",
    "strategy",
    "tpu",
    "checkpoint_minutes",
)


def add_training(parser):
    """Adds the data, the run folder, and the groups of flags.

    Args:
        parser: of the command.
    """
    add_dataset(parser)
    parser.add_argument(
        "--output",
        metavar="FOLDER",
        help="run folder (default: runs/<dataset>-<model>-<recipe>); the same command "
        "goes on with the run in it",
    )
    _add_recipe(parser.add_argument_group("recipe"))
    _add_control(parser.add_argument_group("what is learned"))
    _add_choice(parser.add_argument_group("evaluation during the run"))
    _add_machine(parser.add_argument_group("memory, devices and safety"))
    data = parser.add_argument_group("data")
    add_multi_label(data)
    data.add_argument(
        "--bad-images",
        choices=("skip", "fail"),
        default="skip",
        help="leave images out that cannot be read, or stop (default: %(default)s)",
    )
    data.add_argument(
        "--group-from",
        metavar="REGEX",
        help="images in whose paths this finds the same belong together, as with "
        "'(patient\\d+)', and no split that is drawn tears them apart; a CSV may have "
        "a column group instead. Duplicates are kept together anyway",
    )
    data.add_argument(
        "--exclude",
        metavar="FILE",
        help="leave images out of training: a CSV of check-data, or a name a line",
    )


def training_arguments(args, command):
    """Gives the arguments of `bk.finetune` and `bk.pretrain` that both have.

    Raises:
        InputError: for what is seen to be wrong without TensorFlow's slow import.
    """
    from bit_keras.recipes import parse_assignments, rules

    if args.dataset is None:
        raise InputError(f"{command} needs --dataset; `datasets` says what it takes.")
    if args.recipe is not None:
        rules.find(args.recipe, command)
    texts = [
        f"{name}={getattr(args, name)}"
        for name in FIELDS
        if getattr(args, name) is not None and getattr(args, name) is not False
    ]
    if args.linear_probe and args.freeze:
        raise InputError("--linear-probe freezes all but the head; leave out --freeze.")
    if args.linear_probe:
        texts.append("freeze=pre_logits")
    return {
        **{name: getattr(args, name) for name in ARGUMENTS},
        "changes": parse_assignments([*texts, *args.set]),
    }


def _add_recipe(group):
    group.add_argument(
        "--minutes",
        type=float,
        metavar="M",
        help="measure this machine, and make the best of M minutes in all",
    )
    group.add_argument(
        "--batch-size",
        type=int,
        metavar="B",
        help="images per step, on all devices together; scales the learning rate",
    )
    group.add_argument(
        "--steps", type=int, metavar="N", help="scales warm-up and decay along"
    )
    group.add_argument(
        "--epochs",
        type=float,
        metavar="N",
        help="as --steps, by how often all training images are gone through",
    )
    group.add_argument(
        "--precision", metavar="P", help="float32, mixed_float16 or mixed_bfloat16"
    )
    group.add_argument(
        "--ema-decay",
        type=float,
        metavar="D",
        help="evaluate and save moving averages of the weights, such as 0.9999",
    )
    group.add_argument("--seed", type=int, default=0, metavar="S", help="of the run")
    group.add_argument(
        "--set",
        nargs="*",
        action="extend",
        default=[],
        metavar="FIELD=VALUE",
        help="change any field of the recipe, as in: --set flip=false decay_at=200,300",
    )


def _add_control(group):
    group.add_argument(
        "--freeze",
        metavar="NAME",
        help="keep the weights up to and including a layer or endpoint, such as stage3",
    )
    group.add_argument(
        "--linear-probe",
        action="store_true",
        help="train the head alone: --freeze pre_logits",
    )
    group.add_argument(
        "--head-lr-multiplier",
        type=float,
        metavar="F",
        help="learning rate of the head, times that of the rest",
    )
    group.add_argument(
        "--class-weights",
        metavar="auto|FILE",
        help="weight the loss of each class's images: auto makes up for rare classes, "
        "a CSV has rows of class,weight",
    )
    group.add_argument(
        "--balanced", action="store_true", help="draw every class equally often"
    )


def _add_choice(group):
    group.add_argument(
        "--evaluate-every",
        type=int,
        metavar="N",
        help="evaluate every N steps on the images of val, where there is a test split "
        "beside it, or on a tenth of the training images, then held out",
    )
    group.add_argument(
        "--best-metric",
        metavar="NAME",
        help="save the weights whose evaluation is best by this figure: top1, top5, "
        "macro_recall, mean_average_precision or loss",
    )
    group.add_argument(
        "--patience",
        type=int,
        metavar="N",
        help="stop after N evaluations that are no better",
    )


def _add_machine(group):
    group.add_argument(
        "--micro-batch",
        type=_number_or_auto,
        metavar="N|auto",
        help="images of a device in memory at a time; the update stays that of the "
        "whole batch, but for networks with BatchNorm (auto: measure how many fit; 0: "
        "all at once; default: as many as 32 images of 224 pixels)",
    )
    group.add_argument(
        "--remat",
        action="store_true",
        help="compute parts of the network twice instead of keeping them in memory",
    )
    group.add_argument(
        "--strategy",
        choices=("one", "mirrored", "multiworker", "tpu", "auto"),
        default="auto",
        help="one device, all GPUs of this machine, the machines of TF_CONFIG, or a "
        "TPU (default: %(default)s)",
    )
    group.add_argument("--tpu", metavar="NAME", help="name of a TPU, or local")
    group.add_argument(
        "--checkpoint-minutes",
        type=float,
        default=10.0,
        metavar="M",
        help="save the state of the run so often (default: %(default)s)",
    )


def _number_or_auto(text):
    if text == "auto":
        return text
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"takes a number or auto, received '{text}'"
        ) from None
