"""`explain`: where in a photograph, or in a class, the evidence lies."""

from pathlib import Path

from bit_keras.commands.shared import (
    add_dataset,
    add_multi_label,
    add_network,
    bring_weights,
    import_tensorflow,
    make_folder,
    open_network,
    tell_unread,
)
from bit_keras.commands.tested import part_to_test
from bit_keras.errors import InputError

CLASSES_PAGE = "evidence.html"


def register(commands):
    parser = commands.add_parser(
        "explain",
        help="where in a photograph, or in a class, the evidence lies",
        description="With PHOTOS: draws beside each what every place adds to the logit "
        "of its predicted class, or of another, or to the difference of two; of a ViT "
        "without heat maps, where it looked, which is no evidence. Without: says where "
        "the evidence for each class lies in the test images of a run, or of "
        "--dataset, and names a corner or edge that carries more than chance allows, "
        "where there may be a mark that only this class has.",
    )
    parser.add_argument("photos", nargs="*", help="files, folders and patterns")
    add_network(parser)
    parser.add_argument(
        "--class", metavar="NAME", help="why this class (default: the predicted one)"
    )
    parser.add_argument(
        "--against", metavar="NAME", help="why --class and not this class"
    )
    add_dataset(parser)
    add_multi_label(parser)
    parser.add_argument(
        "--output",
        required=True,
        metavar="FOLDER",
        help="for a page in one file, a picture of every photograph, and of a ViT one "
        "of the network",
    )
    parser.set_defaults(command=run)


def run(args):
    _require_sense(args)
    bring_weights(args)
    import_tensorflow()
    if args.photos:
        _explain_photos(args)
    else:
        _explain_classes(args)


def _require_sense(args):
    named = getattr(args, "class")
    if args.photos and (args.dataset or args.multi_label):
        raise InputError("explain takes PHOTOS or --dataset, not both.")
    if not args.photos and (named or args.against):
        raise InputError("--class and --against go with PHOTOS; name some.")
    if not args.photos and args.run is None and args.dataset is None:
        raise InputError("explain takes PHOTOS, or --run or --dataset for a test.")
    if args.against is not None and named is None:
        raise InputError("--against goes with --class: why that and not this.")
    if args.against is not None and args.against == named:
        raise InputError(f"--class and --against are the same: '{named}'.")


def _explain_photos(args):
    from bit_keras.data.photos import find_photos, unread

    paths = find_photos(args.photos)
    require_elsewhere(paths, args.output)
    trained = open_network(args)
    trained.require_channels(3)
    trained.require_head()
    read = draw(trained, paths, args.output, getattr(args, "class"), args.against)
    told = set(read)
    tell_unread(unread(paths, [i for i, path in enumerate(paths) if path in told]))
    if not read:
        raise InputError("None of the files can be read, so there is nothing to tell.")


def require_elsewhere(paths, folder):
    """Raises `InputError` where pictures would come to lie among the photographs."""
    place = Path(folder).resolve()
    for path in paths:
        if path.parent.resolve() == place:
            raise InputError(
                f"The pictures cannot go to '{folder}', where the photograph "
                f"'{path.name}' lies; name another folder."
            )


def draw(trained, paths, folder, class_name=None, against=None):
    """Draws photographs explained into a folder, and says so.

    Where a ViT has no heat maps, and no class is named, it is where it looked.

    Returns:
        list of those of the paths that could be read.
    """
    from bit_keras.analysis.attended import insides
    from bit_keras.analysis.attention import has_attention
    from bit_keras.reports import explanations

    of_each = _explanations(trained, paths, class_name, against)
    read, shown = explanations.write_pictures(make_folder(folder), of_each)
    if read:
        looked_into = insides(trained, read) if has_attention(trained.model) else None
        explanations.write_photos_page(folder, shown, len(read), looked_into)
        page = Path(folder) / explanations.PHOTOS_PAGE
        print(f"Wrote {page} and a picture of each of {len(read):,} photographs")
    return read


def _explanations(trained, paths, class_name, against):
    from bit_keras.analysis import explain
    from bit_keras.analysis.attended import attended
    from bit_keras.analysis.attention import has_attention
    from bit_keras.analysis.heat_maps import has_heat_maps

    if class_name is None and (
        has_attention(trained.model) and not has_heat_maps(trained.model)
    ):
        print(
            "The pictures show where the network looked. That is no evidence for a "
            "class, and adds up to no logit: this network has no heat maps that do."
        )
        return attended(trained, paths)
    return explain(trained, paths, class_name, against)


def _explain_classes(args):
    from bit_keras.analysis import evidence_of_classes
    from bit_keras.reports.explanations import write_evidence
    from bit_keras.training.failures import readable_errors
    from bit_keras.training.run_folder import open_run

    trained = open_network(args)
    trained.require_head()
    run = open_run(args.run) if args.run is not None else None
    part = part_to_test(args, run, trained)
    with readable_errors():
        classes = evidence_of_classes(trained, part)
    page = make_folder(args.output) / CLASSES_PAGE
    write_evidence(page, title=f"Evidence in {trained.name}", classes=classes)
    for line in _table(classes):
        print(line)
    found = [each for each in classes if each.finding is not None]
    for each in found:
        print(f"\n{each.finding.sentence(each.class_name)}")
    if not found:
        print("\nNo corner or edge carries more evidence than chance allows.")
    print(f"\nWrote {page}")


def _table(classes):
    """Yields where the evidence of each class lies, in lines."""
    width = max(len(each.class_name) for each in classes)
    yield f"{'':{width}}  images  centre  edges  corners"
    yield f"{'area':{width}}  {'':6}  {0.25:6.0%}  {0.5:5.0%}  {0.25:7.0%}"
    for each in classes:
        line = f"{each.class_name:{width}}  {each.images:6,}"
        if (zones := each.zones) is not None:
            line += f"  {zones['centre']:6.0%}  {zones['edges']:5.0%}"
            line += f"  {zones['corners']:7.0%}"
        yield line
