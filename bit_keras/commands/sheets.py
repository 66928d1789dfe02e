"""The sheet of `datasets`: what a recipe makes of the user's own images."""

from bit_keras import files
from bit_keras.commands.shared import require_place
from bit_keras.errors import InputError

MOST_IMAGES = 16


def add_sheet(parser):
    """Adds --sheet, --recipe, --set and --output."""
    parser.add_argument(
        "--sheet",
        type=int,
        metavar="N",
        help="draw what a recipe makes of N training images, such as 8",
    )
    parser.add_argument(
        "--recipe",
        metavar="NAME",
        help="of finetune or pretrain (default: bit_hyperrule)",
    )
    parser.add_argument(
        "--set",
        nargs="*",
        action="extend",
        default=[],
        metavar="FIELD=VALUE",
        help="change any field of the recipe, as in: --set cutmix_alpha=1",
    )
    parser.add_argument(
        "--output",
        metavar="FILE",
        help="picture to write (default: sheet-<dataset>-<recipe>.png)",
    )


def settings_of(args):
    """Gives the arguments of `Settings` for the sheet asked for; None without one.

    Raises:
        InputError: for what is seen to be wrong without TensorFlow's slow import.
    """
    from bit_keras.recipes import parse_assignments, rules

    if args.sheet is None:
        if args.recipe or args.set or args.output:
            raise InputError(
                "--recipe, --set and --output are for a sheet: add --sheet 8."
            )
        return None
    if args.dataset is None:
        raise InputError("--sheet is of a data set: name one before it.")
    if not 1 <= args.sheet <= MOST_IMAGES:
        raise InputError(
            f"--sheet takes 1 to {MOST_IMAGES} images. Received: {args.sheet}"
        )
    name = args.recipe or "bit_hyperrule"
    command = rules.find(name).command
    changes = parse_assignments(args.set)
    if args.output:
        require_place(args.output)
    seed = changes.pop("seed", 0)
    return {"rule": name, "command": command, "seed": seed, "changes": changes}


def opened(args, settings):
    """Opens the data as a run with these settings would."""
    from bit_keras.recipes import RULES
    from bit_keras.training.named_data import NamedData
    from bit_keras.training.tasks import TASKS

    source = NamedData(args.dataset, args.data_dir, args.multi_label)
    return TASKS[RULES[settings["rule"]].task].open(source, settings["seed"])


def write_sheet(data, settings, args):
    """Draws the sheet, and tells where it is."""
    from bit_keras.reports.sheet import sheet
    from bit_keras.training.plan import on_any_machine
    from bit_keras.training.settings import Settings

    recipe = on_any_machine(data, Settings(**settings))
    picture = sheet(data.part("train"), recipe, data.class_names, args.sheet)
    path = args.output or f"sheet-{data.name}-{settings['rule']}.png"
    files.write(path, picture)
    print(f"Wrote {path}")
