"""`check-data`: which images can be read, before hours are spent on them."""

from bit_keras.commands.shared import import_tensorflow, require_place, write_csv


def register(commands):
    parser = commands.add_parser(
        "check-data",
        help="find images that cannot be read",
        description="Reads every image below the folders and names each that cannot be "
        "used, with the reason.",
    )
    parser.add_argument("folders", nargs="+", help="folders or files")
    parser.add_argument(
        "--csv", metavar="FILE", help="write file,verdict,why of every image here"
    )
    parser.set_defaults(command=run)


def run(args):
    if args.csv:
        require_place(args.csv)
    import_tensorflow()
    from bit_keras.data.check import check_images
    from bit_keras.data.photos import find_photos
    from bit_keras.files import cache_folder

    verdicts = check_images(
        find_photos(args.folders), cache=cache_folder() / "verdicts.json"
    )
    bad = [verdict for verdict in verdicts if not verdict.good]
    for verdict in bad:
        print(f"bad   {verdict.path}: {verdict.reason}")
    print(f"{len(verdicts) - len(bad):,} good and {len(bad):,} bad images")
    if args.csv:
        rows = [(v.path, "good" if v.good else "bad", v.reason) for v in verdicts]
        write_csv(args.csv, [("file", "verdict", "why"), *rows])
