"""`check-data`: which images can be read, before hours are spent on them."""

from bit_keras.commands.shared import import_tensorflow


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
    import_tensorflow()
    from bit_keras.data.check import check_images
    from bit_keras.data.photos import find_photos
    from bit_keras.weights import cache_folder

    verdicts = check_images(
        find_photos(args.folders), cache=cache_folder() / "verdicts.json"
    )
    bad = [verdict for verdict in verdicts if not verdict.good]
    for verdict in bad:
        print(f"bad   {verdict.path}: {verdict.reason}")
    print(f"{len(verdicts) - len(bad):,} good and {len(bad):,} bad images")
    if args.csv:
        _write_csv(args.csv, verdicts)
        print(f"Wrote {args.csv}")


def _write_csv(path, verdicts):
    import csv
    import os

    partial = f"{path}.part"
    with open(partial, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("file", "verdict", "why"))
        for verdict in verdicts:
            word = "good" if verdict.good else "bad"
            writer.writerow((verdict.path, word, verdict.reason))
    os.replace(partial, path)
