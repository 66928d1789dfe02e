"""`models`: the networks and the published weights."""

from bit_keras.errors import InputError


def register(commands):
    parser = commands.add_parser(
        "models", help="list the networks, or the published weights"
    )
    parser.add_argument(
        "--weights", action="store_true", help="list the published files instead"
    )
    parser.add_argument("--size", type=int, default=224, help="image side for the MACs")
    parser.set_defaults(command=run)


def run(args):
    if args.weights:
        from bit_keras.weights import catalogue

        print(f"{'name':46} {'network':12} {'classes':>7}  address")
        for name, file in catalogue().items():
            print(f"{name:46} {file.network:12} {file.num_classes:7}  {file.url}")
        return
    from bit_keras import families

    if args.size < 1:
        raise InputError(f"--size must be above 0. Received: {args.size}")
    size = (args.size, args.size)
    print(
        f"{'network':12} {'parameters':>12} {'with 1000 classes':>18} "
        f"{'MACs at ' + str(args.size):>12}"
    )
    for name in families.names():
        _, spec = families.network(name)
        print(
            f"{name:12} {spec.parameters(image_size=size):12,} "
            f"{spec.parameters(num_classes=1000, image_size=size):18,} "
            f"{spec.multiply_adds(size) / 1e9:10.2f} G"
        )
    print("MACs are the multiply-adds of the convolutions for one image.")
