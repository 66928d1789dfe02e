"""Time and size of a checkpoint of BiT R50x1 with momentum, and with averages, too."""

import argparse
import dataclasses
import statistics
import tempfile
from pathlib import Path

from benchmarks.timing import seconds, timed
from bit_keras.commands.shared import import_tensorflow

CLASSES = 1000


def main():
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.checkpoint", description=__doc__
    )
    parser.add_argument("--network", default="bit_r50x1", help="default: bit_r50x1")
    parser.add_argument("--rounds", type=int, default=5, help="default: 5")
    args = parser.parse_args()
    import_tensorflow()

    print(f"checkpoints of {args.network}, median of {args.rounds}")
    print(f"{'':22}{'save':>9}{'restore':>10}{'size':>10}")
    with tempfile.TemporaryDirectory() as temporary:
        for title, decay in (("SGD, momentum", 0.0), ("SGD, momentum, EMA", 0.999)):
            folder = Path(temporary) / str(decay)
            taken = measure(args.network, decay, folder, args.rounds)
            save, restore = (statistics.median(taken[name]) for name in taken)
            path = next(folder.iterdir())
            size = path.stat().st_size / 1e6
            print(f"{title:22}{save:7.2f} s{restore:8.2f} s{size:7.0f} MB", flush=True)


def measure(network, decay, folder, rounds):
    """Saves and restores a learner in turn; gives the seconds of both."""
    from bit_keras.models import build
    from bit_keras.recipes import Recipe
    from bit_keras.training import Learner
    from bit_keras.training.checkpoints import Checkpoints
    from bit_keras.training.loop import State

    recipe = Recipe(resize=160, crop=128, steps=500, ema_decay=decay)
    learner = Learner(build(network, num_classes=CLASSES), recipe)
    checkpoints = Checkpoints(folder)
    facts = dataclasses.asdict(State())
    variants = {
        "save": timed(lambda: checkpoints.save(learner, facts)),
        "restore": timed(lambda: checkpoints.restore(learner)),
    }
    return seconds(variants, rounds)


if __name__ == "__main__":
    main()
