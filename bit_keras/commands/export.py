"""`export`: a trained network in a form that others serve."""

from bit_keras.commands.shared import add_network, import_tensorflow, open_network
from bit_keras.errors import InputError


def register(commands):
    parser = commands.add_parser(
        "export",
        help="a SavedModel that takes photographs as they come",
        description="Writes a SavedModel with the preprocessing and the class names "
        "inside, for TensorFlow Serving and others. Its signatures are "
        "serving_default (image files as strings), images (uint8 pixels of any size) "
        "and features (files; what the head gets).",
    )
    add_network(parser)
    parser.add_argument(
        "--to", metavar="FOLDER", help="new folder, for TensorFlow Serving NAME/VERSION"
    )
    parser.set_defaults(command=run)


def run(args):
    if args.to is None:
        raise InputError("export needs --to FOLDER, such as --to served/1.")
    import_tensorflow()
    from export import largest_difference, save_for_serving

    trained = open_network(args)
    save_for_serving(trained, args.to)
    difference = largest_difference(trained, args.to)
    print(
        f"Wrote {args.to}: {len(trained.class_names)} classes, images of "
        f"{trained.crop} pixels.\nReloaded, its probabilities differ from the "
        f"network's by {difference:.1e} at most."
    )
