"""`finetune`: adapt a pre-trained network to your images."""

import time

from bit_keras.commands.shared import bring_weights, import_tensorflow
from bit_keras.commands.training_flags import add_training, training_arguments
from bit_keras.errors import InputError


def register(commands):
    parser = commands.add_parser(
        "finetune",
        help="adapt a pre-trained network to your images",
        description="Fine-tunes a network, evaluates it, and writes a run folder that "
        "every other command takes. Without internet access for the download, name a "
        "weights file with --weights.",
    )
    add_training(parser)
    parser.add_argument(
        "--recipe",
        metavar="NAME",
        help="rule that makes the recipe, such as deit (default: that of the network's "
        "family, such as bit_hyperrule)",
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        help="no training: fit a linear head to what the weights make of the images, "
        "in seconds",
    )
    parser.add_argument(
        "--model",
        default="BiT-M-R50x1",
        metavar="NAME",
        help="published weights, the folder of a run, or a network's name: then from "
        "scratch unless --weights is given (default: %(default)s)",
    )
    parser.add_argument(
        "--weights", metavar="FILE", help="official-layout npz, or a published name"
    )
    parser.add_argument(
        "--keep-head",
        action="store_true",
        help="keep the head of the weights instead of a new zero head",
    )
    parser.add_argument(
        "--resolution",
        choices=("code", "paper"),
        help="of bit_hyperrule: large images are cut to 480 (code) or 384 (paper); of "
        "vit and vit-augreg: to 384 (code), or to 512, or 518 for patches of 14, with "
        "averaged weights (paper) (default: code)",
    )
    parser.add_argument(
        "--examples-per-class", type=int, metavar="K", help="few-shot: K of each class"
    )
    parser.add_argument(
        "--subset-seed", type=int, default=0, metavar="S", help="of the few-shot choice"
    )
    parser.set_defaults(command=run)


def run(args):
    began = time.monotonic()
    if args.quick and args.recipe is not None:
        raise InputError("--quick is a recipe of its own; leave out --recipe.")
    if args.quick:
        args.recipe = "quick"
    arguments = training_arguments(args, "finetune")
    if args.resolution is not None:
        arguments["resolution"] = args.resolution
    bring_weights(args)
    import_tensorflow()
    from bit_keras.training import finetune

    finetune(
        model=args.model,
        weights=args.weights,
        keep_head=args.keep_head,
        examples_per_class=args.examples_per_class,
        subset_seed=args.subset_seed,
        began=began,
        **arguments,
    )
