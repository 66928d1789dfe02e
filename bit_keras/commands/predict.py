"""`predict`: class names for photographs."""

from bit_keras.commands.shared import (
    add_network,
    import_tensorflow,
    open_network,
    tell_unread,
)


def register(commands):
    parser = commands.add_parser(
        "predict",
        help="class names for photographs",
        description="Prints the most probable classes of each photograph. Files that "
        "cannot be read are named on stderr and left out.",
    )
    parser.add_argument("photos", nargs="+", help="files, folders and patterns")
    add_network(parser)
    parser.add_argument(
        "--top",
        type=int,
        default=3,
        metavar="K",
        help="classes shown per photograph (default: %(default)s)",
    )
    parser.add_argument("--csv", metavar="FILE", help="write the answers here as well")
    parser.set_defaults(command=run)


def run(args):
    import_tensorflow()
    from bit_keras.data.photos import find_photos

    paths = find_photos(args.photos)
    trained = open_network(args)
    rows, bad = _predict(trained, paths, args.top)
    width = max((len(str(path)) for path, _ in rows), default=0)
    for path, classes in rows:
        shown = "   ".join(f"{name} {share:.1%}" for name, share in classes)
        print(f"{path!s:{width}}   {shown}")
    tell_unread(bad)
    if args.csv:
        _write_csv(args.csv, rows)
        print(f"Wrote {args.csv}")


def _predict(trained, paths, top):
    """Gives (path, [(class, probability), …]) of the readable, and the unreadable."""
    import numpy as np
    from tqdm import tqdm

    from bit_keras.data.photos import photo_batches, unread
    from bit_keras.models import for_inference

    model = for_inference(trained.model)
    positions, rows = [], []
    bar = tqdm(total=len(paths), desc="predicting", unit="photo", delay=1, leave=False)
    for batch, images in photo_batches(paths, trained.crop):
        logits = model.predict_on_batch(images).astype("float64")
        odds = np.exp(logits - logits.max(axis=-1, keepdims=True))
        for position, shares in zip(batch.numpy(), odds, strict=True):
            shares = shares / shares.sum()
            best = np.argsort(-shares, kind="stable")[:top]
            classes = [(trained.class_names[i], float(shares[i])) for i in best]
            rows.append((paths[position], classes))
        positions.extend(batch.numpy())
        bar.update(len(batch))
    bar.close()
    return rows, unread(paths, positions)


def _write_csv(path, rows):
    import csv
    import os

    partial = f"{path}.part"
    top = max((len(classes) for _, classes in rows), default=0)
    with open(partial, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        columns = [
            f"{kind}_{k}"
            for k in range(1, top + 1)
            for kind in ("class", "probability")
        ]
        writer.writerow(["path", *columns])
        for photo, classes in rows:
            cells = [cell for name, share in classes for cell in (name, f"{share:.6f}")]
            writer.writerow([photo, *cells])
    os.replace(partial, path)
