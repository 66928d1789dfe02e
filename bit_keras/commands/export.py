"""`export`: a trained network in a form that others use."""

from bit_keras.commands.shared import (
    add_network,
    bring_weights,
    import_tensorflow,
    open_network,
)
from bit_keras.errors import InputError
from bit_keras.export.names import (
    FORMAT_NAMES,
    PRECISIONS,
    SAVED_MODELS,
    require_no_pattern,
)

FILES = (".keras", ".onnx", ".tflite")


def register(commands):
    parser = commands.add_parser(
        "export",
        help="a trained network for servers, TF-Hub, Keras, LiteRT or ONNX",
        description="Writes a folder with the network, its class names and a model "
        "card, reads it back and compares the two. A SavedModel takes photographs as "
        "they come: image files, or uint8 pixels of any size. A TF-Hub module is for "
        "others to train on; its images are float32 from 0 to 1. Keras, LiteRT and "
        "ONNX files take images of the network's own size, from 0 to 255.",
    )
    add_network(parser)
    parser.add_argument(
        "--to", metavar="FOLDER", help="new folder, for TensorFlow Serving NAME/VERSION"
    )
    parser.add_argument(
        "--format",
        choices=FORMAT_NAMES,
        default="savedmodel",
        help="default: %(default)s",
    )
    parser.add_argument(
        "--serving",
        action="store_true",
        help="of a SavedModel: add warm-up requests, and beside NAME models.config, "
        "batching.config and docker-compose.yml",
    )
    parser.add_argument(
        "--precision",
        choices=("float32", *(p for listed in PRECISIONS.values() for p in listed)),
        default="float32",
        help="bfloat16 of a SavedModel, faster on some processors (doctor tells); "
        "float16 and int8 of LiteRT, int8 calibrated on training images (default: "
        "%(default)s)",
    )
    parser.add_argument(
        "--without-head",
        action="store_true",
        help="of a TF-Hub module: features instead of logits",
    )
    parser.add_argument(
        "--images",
        nargs="+",
        metavar="PHOTO",
        help="files, folders and patterns to compare and calibrate on, instead of the "
        "run's own images",
    )
    parser.add_argument("--license", metavar="TEXT", help="for the model card")
    parser.set_defaults(command=run)


def run(args):
    _require_sense(args)
    bring_weights(args)
    import_tensorflow()
    from bit_keras.export.samples import samples_of
    from bit_keras.export.serving import require_serving
    from bit_keras.export.writing import export
    from bit_keras.training.run_folder import open_run

    if args.serving:
        require_serving(args.to)
    trained = open_network(args)
    opened = open_run(args.run) if args.run is not None else None
    calibrate = args.precision == "int8"
    samples = samples_of(trained, opened, args.images, calibrate)
    print(f"Writing {args.to}; large networks take a minute or two", flush=True)
    comparison = export(
        trained,
        args.to,
        samples,
        args.format,
        head=not args.without_head,
        precision=args.precision,
        run=opened,
        licence=args.license,
        serving=args.serving,
    )
    print(
        f"Wrote {args.to} ({comparison.size / 1e6:.1f} MB): "
        f"{len(trained.class_names)} classes, images of {trained.crop} pixels.\n"
        f"{comparison}"
    )


def _require_sense(args):
    if args.to is None:
        raise InputError("export needs --to FOLDER, such as --to served/1.")
    if args.format in SAVED_MODELS:
        require_no_pattern(args.to)
    if args.to.endswith(FILES):
        raise InputError(
            "--to names a folder, in which class names and a model card stand beside "
            f"the network. Received: {args.to}"
        )
    flags = [
        (args.without_head, "--without-head", "hub"),
        (args.serving, "--serving", "savedmodel"),
    ]
    for form, listed in PRECISIONS.items():
        given = args.precision in listed
        flags.append((given, f"--precision {args.precision}", form))
    for given, flag, form in flags:
        if given and args.format != form:
            raise InputError(f"{flag} goes with --format {form}.")
