"""`embed`: one feature vector per photograph."""

from bit_keras.commands.shared import (
    add_network,
    bring_weights,
    import_tensorflow,
    open_network,
    require_place,
    tell_unread,
)
from bit_keras.errors import InputError
from bit_keras.files import replacing


def register(commands):
    parser = commands.add_parser(
        "embed",
        help="one feature vector per photograph",
        description="Writes an npz with `features` (photographs, …) and `paths`.",
    )
    parser.add_argument("photos", nargs="+", help="files, folders and patterns")
    add_network(parser)
    parser.add_argument(
        "--layer",
        default="pre_logits",
        help="pre_logits, which the head gets, or another part of the network, such "
        "as stage1 of bit_r50x1 (default: %(default)s)",
    )
    parser.add_argument(
        "--output",
        default="features.npz",
        metavar="FILE",
        help="npz to write (default: %(default)s)",
    )
    parser.set_defaults(command=run)


def run(args):
    require_place(args.output)
    bring_weights(args)
    import_tensorflow()
    import numpy as np
    from tqdm import tqdm

    from bit_keras.data.photos import find_photos, photo_batches, unread
    from bit_keras.models import endpoint, for_inference

    paths = find_photos(args.photos)
    trained = open_network(args)
    trained.require_channels(3)
    model = endpoint(for_inference(trained.model), args.layer)
    positions, features = [], []
    bar = tqdm(total=len(paths), desc="embedding", unit="photo", delay=1, leave=False)
    for batch, images in photo_batches(paths, trained.preprocessing):
        features.append(model.predict_on_batch(images))
        positions.extend(batch.numpy())
        bar.update(len(batch))
    bar.close()
    tell_unread(unread(paths, positions))
    if not features:
        raise InputError("None of the files can be read, so there is nothing to embed.")
    features = np.concatenate(features)
    with replacing(args.output) as partial, partial.open("wb") as f:
        np.savez(f, features=features, paths=[str(paths[i]) for i in positions])
    print(f"Wrote {args.output}: features {features.shape} of {args.layer}, and paths")
