"""`pretrain`: train a network from scratch, for others to fine-tune."""

from bit_keras.commands.shared import bring_weights, import_tensorflow
from bit_keras.commands.training_flags import add_training, training_arguments


def register(commands):
    parser = commands.add_parser(
        "pretrain",
        help="train a network from scratch, for others to fine-tune",
        description="Trains a network with a recipe for that. `finetune --model "
        "RUN_FOLDER` then adapts it to other images.",
    )
    add_training(parser)
    parser.add_argument(
        "--recipe",
        metavar="NAME",
        default="bit-s",
        help="rule that makes the recipe, such as bit-s, one label per image "
        "(ILSVRC-2012), or bit-m, several with a sigmoid loss (ImageNet-21k), rsb-a1, "
        "rsb-a2 or rsb-a3 for ResNets, or masked-patches, which needs no labels "
        "(default: %(default)s)",
    )
    parser.add_argument(
        "--target",
        metavar="NAME",
        help="what masked-patches guesses of a patch: mean-colour, downsized (colours "
        "of 4 x 4 parts) or pixels (default: mean-colour)",
    )
    parser.add_argument(
        "--model",
        metavar="NAME",
        help="a network's name (default: resnet50 for rsb-a1 to rsb-a3, else "
        "bit_r50x1)",
    )
    parser.add_argument(
        "--weights", metavar="FILE", help="begin with these instead of from scratch"
    )
    parser.set_defaults(command=run)


def run(args):
    arguments = training_arguments(args, "pretrain")
    if args.target is not None:
        arguments["target"] = args.target
    bring_weights(args)
    import_tensorflow()
    from bit_keras.training import pretrain

    pretrain(
        model=args.model,
        weights=args.weights,
        **arguments,
    )
