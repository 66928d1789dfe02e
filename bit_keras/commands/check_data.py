"""`check-data`: which images can be read, and which are there more than once."""

from bit_keras.commands.shared import import_tensorflow, require_place, write_csv
from bit_keras.errors import InputError

COLUMNS = ("file", "verdict", "why", "group", "split", "label", "exclude")


def register(commands):
    parser = commands.add_parser(
        "check-data",
        help="find images that cannot be read, and duplicates",
        description="Reads every image, names each that cannot be used, with the "
        "reason, and finds twins: exact copies, and images that were only encoded, "
        "resized or cropped anew, or shot in one burst.",
    )
    parser.add_argument(
        "folders", nargs="+", help="folders, files, or what --dataset of finetune takes"
    )
    parser.add_argument(
        "--data-dir", metavar="FOLDER", help="where TensorFlow Datasets keeps its sets"
    )
    parser.add_argument(
        "--against",
        metavar="TEST",
        help="find images with a twin in this data set: its test images, if it has "
        "such, else all",
    )
    parser.add_argument(
        "--csv",
        metavar="FILE",
        help=f"write {','.join(COLUMNS)} of every image here, which finetune "
        "--exclude takes",
    )
    parser.set_defaults(command=run)


def run(args):
    if args.csv:
        require_place(args.csv)
    if args.against == "":
        raise InputError("--against is empty; name a folder or data set to test on.")
    import_tensorflow()
    import numpy as np

    from bit_keras.data.inspection import inspect
    from bit_keras.data.twins import group_numbers

    images = inspect(args.folders, args.data_dir)
    for verdict in images.bad:
        print(f"bad   {verdict.path}: {verdict.reason}")
    print(f"{len(images.names):,} good and {len(images.bad):,} bad images")
    _, groups, sizes = np.unique(
        group_numbers(images.pictures), return_inverse=True, return_counts=True
    )
    groups = _numbered(groups, sizes)
    _tell_groups(images, groups)
    excluded = _twins_of_tested(images, groups)
    streamed = []
    if args.against is not None:
        found, streamed = _against(images, args)
        excluded |= found
    elif images.streams:
        count = sum(part.count for _, part in images.streams)
        print(
            f"{count:,} images are too many to be compared with each other; --against "
            "TEST compares them with those of a test."
        )
    if args.csv:
        rows = _rows(images, groups, excluded)
        rows += [(name, "good", "", "", split, "", "yes") for split, name in streamed]
        write_csv(args.csv, [COLUMNS, *rows])


def _numbered(groups, sizes):
    """Gives numbers from 1 to groups of several images, and 0 to single ones."""
    import numpy as np

    numbers = np.where(sizes > 1, np.cumsum(sizes > 1), 0)
    return numbers[groups]


def _tell_groups(images, groups):
    import numpy as np

    from bit_keras.data.twins import exact

    twins = np.flatnonzero(groups)
    if not twins.size:
        print("No image is a twin of another.")
        return
    _, place, counts = np.unique(
        exact(images.pictures.looks), return_inverse=True, return_counts=True
    )
    copies = counts[place] > 1
    first = twins[groups[twins] == 1]
    print(
        f"{len(twins):,} images have twins; groups: {groups.max():,}, such as "
        f"{_names(images, first[:2])}; exact copies: {copies.sum():,}"
    )
    labels = {}
    for position in twins:
        labels.setdefault(groups[position], {}).setdefault(
            images.labels[position], position
        )
    several = [own for own in labels.values() if len(own) > 1]
    if several:
        told = [f"{_names(images, [at])} ({label})" for label, at in several[0].items()]
        print(
            f"Groups that carry more than one label: {len(several):,}, such as "
            f"{' and '.join(told[:2])}"
        )


def _twins_of_tested(images, groups):
    """Says of every image whether it is for training and has a twin in the test."""
    import numpy as np

    from bit_keras.data.twins import twins_among

    excluded = np.zeros(len(groups), bool)
    # Who has a twin is in a group: few of all are compared once more.
    tested, learned = (
        positions[groups[positions] > 0]
        for positions in (images.tested, images.learned)
    )
    if not images.tested.size or not images.learned.size:
        return excluded
    pairs = ()
    if tested.size and learned.size:
        own, others = (images.pictures.take(p).held() for p in (tested, learned))
        found = twins_among(own, others)
        excluded[learned] = twins_among(others, own) >= 0
        pairs = [(tested[at], learned[found[at]]) for at in np.flatnonzero(found >= 0)]
    such = f", such as {_names(images, pairs[0])}" if pairs else ""
    print(
        f"{len(pairs):,} of {len(images.tested):,} test images have a twin in "
        f"training{such}"
    )
    return excluded


def _against(images, args):
    """Finds what has a twin in --against, and tells how many.

    Returns:
        (bool array (images,), list of (split, name) of images in streams).
    """
    import numpy as np

    from bit_keras.data.inspection import inspect, streamed_twins
    from bit_keras.data.twins import twins_among

    test = inspect([args.against], args.data_dir)
    if test.streams:
        raise InputError(
            f"The test images of '{args.against}' are too many to be held in memory; "
            "name a smaller test set with --against."
        )
    tested = test.tested if test.tested.size else np.arange(len(test.names))
    if not tested.size:
        raise InputError(
            f"No image of '{args.against}' can be read; name others with --against."
        )
    pictures = test.pictures.take(tested)
    found, pairs, streamed = np.zeros(len(images.names), bool), [], []
    if images.learned.size:
        among = twins_among(images.pictures.take(images.learned), pictures)
        found[images.learned] = among >= 0
        pairs = [
            (images.names[images.learned[position]], among[position])
            for position in np.flatnonzero(among >= 0)
        ]
    count = len(images.learned)
    if images.streams:
        pictures = pictures.held()
    for split, part in images.streams:
        if split != "train":
            continue
        count += part.count
        for position, other in streamed_twins(part, pictures):
            streamed.append((split, part.name(position)))
            pairs.append((part.name(position), other))
    such = ""
    if pairs:
        such = f", such as '{pairs[0][0]}' of '{test.names[tested[pairs[0][1]]]}'"
    print(
        f"{len(pairs):,} of {count:,} images have a twin among the {len(tested):,} of "
        f"'{args.against}'{such}"
    )
    return found, streamed


def _rows(images, groups, excluded):
    rows = [
        (name, "good", "", group or "", split, label, "yes" if out else "")
        for name, group, split, label, out in zip(
            images.names, groups, images.splits, images.labels, excluded, strict=True
        )
    ]
    bad = [(v.path, "bad", v.reason, "", "", "", "yes") for v in images.bad]
    return rows + bad


def _names(images, positions):
    return " and ".join(f"'{images.names[position]}'" for position in positions)
