"""How often what `fewshot --curve` says of twice as many images comes true.

Half of a data set looks ahead, and the whole of it is the truth; so do parts of it.
"""

import argparse
import dataclasses

import numpy as np

from bit_keras.commands.shared import import_tensorflow

COLUMNS = ("data", "images each", "looks ahead", "holds", "mean width", "mean miss")
SHARES = (1.0, 0.6, 0.35, 0.2)  # of the data set, that are the truth
FIRST_SEED = 50_000


def main():
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.twice_as_many", description=__doc__
    )
    parser.add_argument(
        "datasets", nargs="+", metavar="DATA=PIXELS", help="data sets and image sizes"
    )
    parser.add_argument("--weights", required=True, metavar="FILE")
    parser.add_argument("--network", default="bit_tiny", help="default: bit_tiny")
    parser.add_argument("--draws", type=int, default=20, help="default: 20")
    parser.add_argument("--most", type=int, default=100, help="images each; 100")
    args = parser.parse_args()
    import_tensorflow()
    from bit_keras.data import open_dataset
    from bit_keras.evaluation.features import Features
    from bit_keras.training.trained import open_trained

    trained = open_trained(None, args.network, args.weights)
    ask = Features(trained.model)
    print(",".join(COLUMNS), flush=True)
    for dataset in args.datasets:
        name, _, pixels = dataset.rpartition("=")
        data = open_dataset(name)
        size = dataclasses.replace(trained.preprocessing, crop=int(pixels))
        known, tested = (
            (ask(part, [size])[0], part.labels)
            for part in (data.parts["train"], data.part("test"))
        )
        least = min(args.most, np.bincount(known[1]).min())
        for share in SHARES:
            each = 2 * round(share * least / 2)
            held = looked_ahead(known, tested, data.num_classes, each, args.draws)
            print(f"{data.name},{each},{args.draws},{held}", flush=True)


def looked_ahead(known, tested, num_classes, each, draws):
    """Gives the share of truths held, and the mean width and miss, as a text."""
    from bit_keras.evaluation.few_shot import L2, accuracy, drawn, first_of_each
    from bit_keras.evaluation.learning_curve import learning_curve

    found = []
    for draw in range(draws):
        order = drawn(known[1], num_classes, FIRST_SEED + draw)
        half, whole = (
            tuple(x[first_of_each(order, [n] * num_classes)] for x in known)
            for n in (each // 2, each)
        )
        curve = learning_curve(*half, tested, num_classes=num_classes)
        truth = accuracy(whole, tested, num_classes, L2)
        held = curve.low <= truth <= curve.high
        found.append((held, curve.high - curve.low, curve.forecast - truth))
    held, width, miss = np.mean(found, axis=0)
    return f"{held:.3f},{width:.3f},{miss:+.3f}"


if __name__ == "__main__":
    main()
