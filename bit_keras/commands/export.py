"""`export`: a trained network in a form that others serve."""

from bit_keras.commands.shared import add_network, import_tensorflow, open_network
from bit_keras.errors import InputError


def register(commands):
    parser = commands.add_parser(
        "export",
        help="a SavedModel that takes photographs as they come, or a TF-Hub module",
        description="Writes a SavedModel with the preprocessing and the class names "
        "inside, for TensorFlow Serving and others. Its signatures are "
        "serving_default (image files as strings), images (uint8 pixels of any size) "
        "and features (files; what the head gets). With --format hub it is a TF-Hub "
        "module for others to train on, whose images are float32 from 0 to 1.",
    )
    add_network(parser)
    parser.add_argument(
        "--to", metavar="FOLDER", help="new folder, for TensorFlow Serving NAME/VERSION"
    )
    parser.add_argument(
        "--format",
        choices=("savedmodel", "hub"),
        default="savedmodel",
        help="default: %(default)s",
    )
    parser.add_argument(
        "--without-head",
        action="store_true",
        help="of a TF-Hub module: features instead of logits",
    )
    parser.set_defaults(command=run)


def run(args):
    if args.to is None:
        raise InputError("export needs --to FOLDER, such as --to served/1.")
    if args.without_head and args.format != "hub":
        raise InputError("--without-head goes with --format hub.")
    import_tensorflow()
    from export import largest_difference, save_for_serving, save_hub_module

    trained = open_network(args)
    if args.format == "hub":
        save_hub_module(trained, args.to, head=not args.without_head)
        given = "features" if args.without_head else "logits"
        print(f"Wrote {args.to}: a TF-Hub module that gives {given}.")
        return
    save_for_serving(trained, args.to)
    difference = largest_difference(trained, args.to)
    print(
        f"Wrote {args.to}: {len(trained.class_names)} classes, images of "
        f"{trained.crop} pixels.\nReloaded, its probabilities differ from the "
        f"network's by {difference:.1e} at most."
    )
