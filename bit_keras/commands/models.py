"""`models`: the networks and the published weights."""

from bit_keras.errors import InputError

# What BiT-M and most of ViT were pre-trained for: section 3.3 of arXiv 1912.11370, and
# table 3 of 2010.11929.
EPOCHS, IMAGENET_21K = 90, 14_200_000


def register(commands):
    parser = commands.add_parser(
        "models", help="list the networks, or the published weights"
    )
    parser.add_argument(
        "--weights", action="store_true", help="list the published files instead"
    )
    parser.add_argument(
        "--recommended",
        nargs="?",
        const="",
        metavar="INDEX",
        help="list those of 50,000 ViT files that their authors recommend instead, the "
        "fastest first; of their index.csv, where it is named, those that are best on "
        "held-out images of ImageNet-21k",
    )
    parser.add_argument("--size", type=int, default=224, help="image side for the MACs")
    parser.set_defaults(command=run)


def run(args):
    if args.weights:
        _tell_weights()
    elif args.recommended:
        _tell_best(args.recommended)
    elif args.recommended is not None:
        _tell_recommended()
    else:
        _tell_networks(args.size)


def _tell_networks(side):
    from bit_keras import families
    from bit_keras.families.cost import exaflops

    if side < 1:
        raise InputError(f"--size must be above 0. Received: {side}")
    size = (side, side)
    width = max(map(len, families.names()))
    print(
        f"{'network':{width}} {'parameters':>12} {'with 1000 classes':>18} "
        f"{'MACs at ' + str(side):>12} {'exaFLOPs':>9}"
    )
    for name in families.names():
        _, spec = families.network(name)
        try:
            macs = spec.multiply_adds(size)
        except InputError as error:  # it takes no images as small as these
            print(f"{name:{width}} {error}")
            continue
        print(
            f"{name:{width}} {spec.parameters(image_size=size):12,} "
            f"{spec.parameters(num_classes=1000, image_size=size):18,} "
            f"{macs / 1e9:10.2f} G {exaflops(macs, EPOCHS * IMAGENET_21K):9,.1f}"
        )
    print(
        "MACs are the multiply-adds of convolutions, dense layers and attention for "
        "one image; exaFLOPs are those of pre-training for 90 epochs of the 14.2 "
        "million images of ImageNet-21k at this size."
    )


def _tell_weights():
    from bit_keras.weights import catalogue

    print(f"{'name':68} {'network':14} {'classes':>7}  address")
    for name, file in catalogue().items():
        print(f"{name:68} {file.network:14} {file.num_classes:7}  {file.url}")


def _tell_recommended():
    from bit_keras.families.vit_files import PUBLIC, RECOMMENDED, recommended_name

    print(f"{'--model':68} {'network':14} {'images/s':>8} {'top-1':>7}")
    measured = {p: row for p, row in RECOMMENDED.items() if row[1]}
    for public in sorted(measured, key=lambda p: -measured[p][1]):
        _, speed, top1 = measured[public]
        name = recommended_name(public)
        print(f"{name:68} {PUBLIC[public]:14} {speed:8,} {top1:6.2f}%")
    print(
        "Images per second and ImageNet's top-1 are those of the "
        "README of google-research/vision_transformer, fine-tuned at 384 pixels."
    )


def _tell_best(index):
    from bit_keras import families
    from bit_keras.weights.augreg_index import recommended

    files = recommended(index)
    columns = f"{'parameters':>12} {'images/s':>8} {'at px':>5} {'final_val':>9}"
    print(f"{'--model':68} {'network':14} {columns}")
    for best in files:
        _, spec = families.network(best.file.network)
        print(
            f"{best.file.name:68} {best.file.network:14} {spec.parameters():12,} "
            f"{_or_dash(best.speed):>8} {_or_dash(best.size):>5} {best.accuracy:9.4f}"
        )
    print(
        "Images per second and final_val, the accuracy on held-out images of "
        f"ImageNet-21k, are those of {index}."
    )


def _or_dash(number):
    return f"{number:,.0f}" if number > 0 else "-"
