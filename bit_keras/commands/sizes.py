"""`evaluate` at several sizes of the test images, and shares of their centre."""

import dataclasses
import math

from bit_keras import files
from bit_keras.errors import InputError

# Pixels on the short side; beyond, one image would take a quarter of a GB, and more.
LARGEST = 4096


def add_sizes(parser):
    """Adds --sizes and --crop-shares."""
    group = parser.add_argument_group(
        "sizes",
        "Evaluates at every size and share, draws sizes.png, and compares the best "
        "with the network's own (or --crop). Networks trained on random parts of "
        "images often do better on test images that are larger.",
    )
    group.add_argument(
        "--sizes",
        metavar="PIXELS,…",
        help="sides of the test images, such as 160,224,288 (default: the network's)",
    )
    group.add_argument(
        "--crop-shares",
        metavar="SHARE,…",
        help="shares of the centre that is cut out, such as 0.875,0.95,1, where 0 "
        "resizes the whole image to the square (default: the network's)",
    )


def asked(args):
    """Gives the sizes and shares of `add_sizes`'s flags, each sorted or None.

    Without either flag it gives None.

    Raises:
        InputError: if they cannot be read.
    """
    sizes = _numbers("--sizes", args.sizes, int, "whole numbers above 0", 1, math.inf)
    shares = _numbers("--crop-shares", args.crop_shares, float, "0 to 1", 0, 1)
    if sizes is None and shares is None:
        return None
    return sizes, shares


def _numbers(flag, text, kind, told, least, most):
    if text is None:
        return None
    try:
        numbers = [kind(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if not numbers or not all(least <= number <= most for number in numbers):
        raise InputError(
            f"{flag} takes {told}, with commas between them. Received: '{text}'"
        )
    if len(set(numbers)) < len(numbers):
        raise InputError(f"{flag} names one number twice. Received: '{text}'")
    return sorted(numbers)


def ways_of(args, trained, sizes, shares):
    """Gives a `Preprocessing` for every size and share, and the networks.

    Args:
        args: of `evaluate`.
        trained: `Trained`, whose preprocessing the rest is taken from.
        sizes, shares: as `asked` gives them.

    Returns:
        list of `Preprocessing`; {size: `keras.Model`}, with the network's own size.

    Raises:
        InputError: if images would become too large on the way, or are too small.
    """
    from bit_keras.training.trained import networks_of_sizes

    own = trained.preprocessing
    ways = [
        dataclasses.replace(own, crop=size, share=share)
        for size in sizes or [own.crop]
        for share in ([own.share] if shares is None else shares)
    ]
    for each in ways:
        if each.short_side > LARGEST:
            raise InputError(
                f"{each.crop} pixels of a share of {each.share:g} make images of "
                f"{each.short_side:,} pixels on the short side, above the limit of "
                f"{LARGEST:,}: take smaller sizes, or larger shares."
            )
    wanted = {way.crop for way in ways} | {own.crop}
    named = (args.run, args.model, args.weights)
    return ways, networks_of_sizes(trained, wanted, *named)


def evaluate_sizes(args, trained, part, ways, networks, folder):
    """Evaluates at all sizes and shares, prints a table, and writes data and picture.

    Args:
        args: of `evaluate`.
        trained: `Trained`.
        part: examples to test on.
        ways, networks: of `ways_of`.
        folder: path, that is there.
    """
    from bit_keras.data.batches import batches_of_several
    from bit_keras.evaluation import sizes
    from bit_keras.models import for_inference

    own = trained.preprocessing
    all_ways = ways if own in ways else [*ways, own]
    ready = {network: for_inference(network) for network in {*networks.values()}}
    outcomes = sizes.evaluate_sizes(
        {size: ready[network] for size, network in networks.items()},
        batches_of_several(part, all_ways, len(trained.class_names)),
        all_ways,
        loss=trained.loss,
        multi_label=trained.multi_label,
    )
    of_own = outcomes[all_ways.index(own)]
    _tell(args, folder, outcomes[: len(ways)], of_own, part)


def _tell(args, folder, outcomes, own, part):
    from bit_keras.evaluation.sizes_table import format_sizes, summary_of
    from bit_keras.reports.sizes_figure import sizes_figure
    from bit_keras.training.run_folder import open_run

    trained_size = open_run(args.run).recipe.crop if args.run is not None else None
    print(f"\n{format_sizes(outcomes, own, part.count)}")
    if args.split == "test":
        print(
            "To choose one of these and then quote it is to choose by the test: choose "
            "by --split val, which finetune --evaluate-every holds out."
        )
    data = folder / "sizes.json"
    files.write(data, summary_of(outcomes, own, part.count, args.split))
    picture = folder / "sizes.png"
    files.write(picture, sizes_figure(outcomes, own, trained_size))
    print(f"\nAll figures: {data}\nPicture: {picture}")
