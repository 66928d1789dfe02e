"""`finetune`: adapt a pre-trained network to your images."""

from bit_keras.commands.shared import add_dataset, import_tensorflow
from bit_keras.errors import InputError


def register(commands):
    parser = commands.add_parser(
        "finetune",
        help="adapt a pre-trained network to your images",
        description="Fine-tunes a network with BiT-HyperRule, evaluates it, and writes "
        "a run folder that every other command takes. Without a network for the "
        "download, name a weights file with --weights.",
    )
    add_dataset(parser)
    parser.add_argument(
        "--model",
        default="BiT-M-R50x1",
        metavar="NAME",
        help="published weights, or a network's name: then from scratch unless "
        "--weights is given (default: %(default)s)",
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
        "--output",
        metavar="FOLDER",
        help="run folder (default: runs/<dataset>-<model>-bit_hyperrule)",
    )
    _add_recipe(parser.add_argument_group("recipe"))
    subset = parser.add_argument_group("data")
    subset.add_argument(
        "--examples-per-class", type=int, metavar="K", help="few-shot: K of each class"
    )
    subset.add_argument(
        "--subset-seed", type=int, default=0, metavar="S", help="of the few-shot choice"
    )
    subset.add_argument(
        "--bad-images",
        choices=("skip", "fail"),
        default="skip",
        help="leave images out that cannot be read, or stop (default: %(default)s)",
    )
    parser.set_defaults(command=run)


def _add_recipe(group):
    group.add_argument(
        "--minutes",
        type=float,
        metavar="M",
        help="measure this machine and cut the rule down to M minutes",
    )
    group.add_argument(
        "--batch-size",
        type=int,
        metavar="B",
        help="images per step; scales the learning rate",
    )
    group.add_argument(
        "--steps", type=int, metavar="N", help="scales warm-up and decay along"
    )
    group.add_argument(
        "--micro-batch",
        type=int,
        metavar="N",
        help="images in memory at a time; the update stays that of the whole batch (0: "
        "all at once; default: as many as 32 images of 224 pixels)",
    )
    group.add_argument(
        "--resolution",
        choices=("code", "paper"),
        default="code",
        help="large images: 512 cut to 480, or 448 cut to 384 (default: %(default)s)",
    )
    group.add_argument(
        "--precision", metavar="P", help="float32, mixed_float16 or mixed_bfloat16"
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


def run(args):
    if args.dataset is None:
        raise InputError("finetune needs --dataset; `datasets` says what it takes.")
    from bit_keras.recipes import parse_assignments

    parse_assignments(args.set)  # typing errors before TensorFlow's slow import
    import_tensorflow()
    from bit_keras.training import finetune

    finetune(
        args.dataset,
        model=args.model,
        weights=args.weights,
        output=args.output,
        data_dir=args.data_dir,
        examples_per_class=args.examples_per_class,
        subset_seed=args.subset_seed,
        bad_images=args.bad_images,
        keep_head=args.keep_head,
        resolution=args.resolution,
        batch_size=args.batch_size,
        steps=args.steps,
        minutes=args.minutes,
        micro_batch=args.micro_batch,
        precision=args.precision,
        seed=args.seed,
        fields=tuple(args.set),
    )
